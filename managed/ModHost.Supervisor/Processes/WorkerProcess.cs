using System.Globalization;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Processes;

/// <summary>Who is told what happens to a worker process.</summary>
internal interface IWorkerObserver
{
    void Greeted(WorkerProcess process);

    void State(WorkerProcess process, AppState state, uint code, string text);

    void Alive(WorkerProcess process, uint beat, WorkerLoad load);

    void Warmed(WorkerProcess process, uint status);

    /// <summary>A line of its log, its standard output or its standard error.</summary>
    void Line(WorkerProcess process, LogLevel level, string category, string text);

    /// <summary>What it said was dealt with.</summary>
    void Settled();

    /// <summary>There is no more talking to it.</summary>
    void Lost(WorkerProcess process, string? reason);

    /// <summary>The process has ended.</summary>
    /// <param name="exit">Null: this supervisor did not start it, so somebody else knows how.</param>
    void Ended(WorkerProcess process, ChildExit? exit);
}

/// <summary>A worker's process: its pidfd, control connection and two pipes, on the loop.</summary>
internal sealed partial class WorkerProcess : IWorkerEffects, IFrameHandler, IReadyHandler, IDisposable
{
    private const int KillSignal = 9;
    private const int LastWordsLength = 2048;

    private readonly EventLoop _loop;
    private readonly IWorkerObserver _observer;
    private readonly Descriptor _process;
    private readonly long _processToken;
    private readonly FrameConnection _control;
    private readonly LinePipe _output;
    private readonly LinePipe _errors;
    private readonly bool _own;
    private readonly StringBuilder _lastWords = new();
    private uint _channels;
    private bool _ended;

    /// <param name="own">Started by this supervisor; else by one before it.</param>
    public WorkerProcess(
        EventLoop loop, IWorkerObserver observer, uint id, int pid, WorkerDescriptors descriptors, bool own)
    {
        _loop = loop;
        _observer = observer;
        Id = id;
        Pid = pid;
        _own = own;
        Descriptors = descriptors;
        _process = descriptors.Process;
        _processToken = loop.Watch(_process, this);
        _control = new FrameConnection(
            loop, descriptors.Control, FrameRoute.ControlToSupervisor, this, hello: false, peek: true);
        _output = new LinePipe(loop, descriptors.Output, line => observer.Line(this, LogLevel.Info, "stdout", line));
        _errors = new LinePipe(loop, descriptors.Errors, line =>
        {
            Remember(line);
            observer.Line(this, LogLevel.Error, "stderr", line);
        });
    }

    public uint Id { get; }

    public int Pid { get; }

    public WorkerDescriptors Descriptors { get; }

    /// <summary>Set before anything is told to the observer.</summary>
    public Worker Worker { get; set; } = null!;

    public ProcessGroup Group { get; set; } = null!;

    /// <summary>Where its lines go, and which.</summary>
    public LogTarget Log { get; set; } = null!;

    /// <summary>SIGKILL was sent.</summary>
    public bool Killed { get; private set; }

    /// <summary>The end of what it wrote to its standard error.</summary>
    public string LastWords => _lastWords.ToString().Trim();

    public long ResidentBytes() => ProcessFacts.ResidentBytes(Pid);

    public bool IsSuspended() => ProcessFacts.IsSuspended(Pid);

    public void SendWarmup(string target) =>
        _control.Send(new FrameHeader(FrameType.WarmUp), Encoding.UTF8.GetBytes(target));

    public void SendHeartbeat(uint beat) => _control.Send(new FrameHeader(FrameType.Heartbeat, Value: beat));

    public void SendDrain() => _control.Send(new FrameHeader(FrameType.DrainAll));

    public void SendStop(long milliseconds) =>
        _control.Send(new FrameHeader(FrameType.Stop, Value: (uint)Math.Min(milliseconds, uint.MaxValue)));

    public void SendLogLevel(int level) => _control.Send(new FrameHeader(FrameType.LogLevel, Value: (uint)level));

    /// <summary>One end of a channel to a web-server process.</summary>
    public void SendChannel(int webServerPid, Descriptor channel, Descriptor page) => _control.Send(
        new FrameHeader(FrameType.Channel, Stream: ++_channels, Value: (uint)webServerPid), default, channel, page);

    public void Kill()
    {
        Killed = true;
        _ = ChildProcess.Signal(_process, KillSignal);
    }

    void IWorkerEffects.Log(LogLevel level, string tag, string text) =>
        Log.Write(level, Worker, tag, text);

    public void Ready(Readiness ready)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _loop.Forget(_process, _processToken);
        var exit = Reap();

        // What it said last is there to be read, and says why.
        _control.Ready(Readiness.Read);
        _output.Finish();
        _errors.Finish();
        _observer.Ended(this, exit);
    }

    public void Settle() => _observer.Settled();

    public void Closed(FrameConnection connection, string? reason) => _observer.Lost(this, reason);

    public void Dispose()
    {
        _loop.Forget(_process, _processToken);
        _process.Dispose();
        _control.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    private ChildExit? Reap()
    {
        if (!_own)
        {
            return null;
        }

        // What it started and left behind goes with it.
        ProcessSession.End(Pid);
        try
        {
            return ChildProcess.Wait(_process);
        }
        catch (PosixException)
        {
            return null;
        }
    }

    private void Remember(string line)
    {
        _lastWords.Append(line).Append('\n');
        if (_lastWords.Length > LastWordsLength)
        {
            _lastWords.Remove(0, _lastWords.Length - LastWordsLength);
        }
    }
}

/// <summary>What belongs to a worker process, and what the watchdog keeps for it.</summary>
internal sealed record WorkerDescriptors(Descriptor Process, Descriptor Control, Descriptor Output, Descriptor Errors)
{
    public const string ProcessKey = "pidfd";
    public const string ControlKey = "control";
    public const string OutputKey = "stdout";
    public const string ErrorsKey = "stderr";

    public static string Key(uint worker, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"worker:{worker}:{what}");

    public IEnumerable<(string Key, Descriptor Descriptor)> Keyed(uint worker) =>
    [
        (Key(worker, ProcessKey), Process), (Key(worker, ControlKey), Control),
        (Key(worker, OutputKey), Output), (Key(worker, ErrorsKey), Errors),
    ];
}
