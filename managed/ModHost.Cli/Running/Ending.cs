using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>How a web server is ended: asked, told, killed, each when the one before it did not do.</summary>
internal sealed class Ending(Descriptor process, int pid, int drainSignal, TimeSpan patience)
{
    private static readonly TimeSpan s_forced = TimeSpan.FromSeconds(3);

    private readonly ProcessTree _tree = new();
    private int _asked;
    private int _done;
    private DateTime _limit;
    private DateTime? _requestLimit;

    /// <summary>What requests have of the patience; null: all of it.</summary>
    public TimeSpan? RequestLimit { get; set; }

    /// <summary>Somebody wanted it.</summary>
    public bool WasAsked => Volatile.Read(ref _asked) > 0;

    /// <summary>It did not end in peace.</summary>
    public bool WasForced => _done > 1;

    /// <summary>Any thread.</summary>
    public void Ask() => Interlocked.Increment(ref _asked);

    /// <summary>The loop: does what is due. What there is to be said of it, or null.</summary>
    public string? Step()
    {
        var asked = Volatile.Read(ref _asked);
        var late = _done > 0 && DateTime.UtcNow > _limit;
        if (_done == 0 && asked > 0)
        {
            _tree.Add(pid);
            _requestLimit = DateTime.UtcNow + RequestLimit;
            return Begin(1, drainSignal, patience, "Stopping: requests in flight may end. Ctrl-C again stops at once.");
        }

        if (_done == 1 && DateTime.UtcNow > _requestLimit)
        {
            // Those that are left go; applications still have their time.
            _requestLimit = null;
            ChildProcess.Signal(process, WebServer.Terminate);
        }

        if (_done == 1 && (asked > 1 || late))
        {
            _tree.Add(pid);
            return Begin(2, WebServer.Terminate, s_forced, late ? "Requests did not end in time; stopping at once." : "Stopping at once.");
        }

        if (_done == 2 && (asked > 2 || late))
        {
            Kill();
            return null;
        }

        return null;
    }

    /// <summary>The server has ended: so does all that it left, after the time that is its due.</summary>
    public void Clear()
    {
        for (var limit = DateTime.UtcNow + s_forced; _tree.Alive.Count > 0 && DateTime.UtcNow < limit;)
        {
            Thread.Sleep(20);
        }

        _tree.Kill();
    }

    /// <summary>Nobody waits for requests any more, and the server is to be gone when this returns.</summary>
    public void Abandon()
    {
        _tree.Add(pid);
        ChildProcess.Signal(process, WebServer.Terminate);
        Clear();
        ProcessSession.End(pid);
        while (ChildProcess.Wait(process) is null)
        {
            Thread.Sleep(1);
        }
    }

    private string Begin(int step, int signal, TimeSpan time, string news)
    {
        _done = step;
        _limit = DateTime.UtcNow + time;
        ChildProcess.Signal(process, signal);
        return news;
    }

    private void Kill()
    {
        _done = 3;
        _tree.Add(pid);
        _tree.Kill();
    }
}
