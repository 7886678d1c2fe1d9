using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>A web server as a child of this command, from its start to its end. One thread, one loop.</summary>
internal sealed class ForegroundServer : IDisposable
{
    private const int Wake = 0;
    private const int Process = 1;
    private const int Output = 2;
    private const int Errors = 3;
    private const int Pace = 100;

    // Lines that processes left behind could still write are not waited for.
    private static readonly TimeSpan s_lastLines = TimeSpan.FromSeconds(1);

    private readonly WebServer _server;
    private readonly Screen _screen;
    private readonly LogPainter _painter = new();
    private readonly LogFilter? _filter;
    private readonly Epoll _epoll = new();
    private readonly EventSignal _wake = new();
    private readonly LineReader _output;
    private readonly LineReader _errors;
    private readonly Descriptor _process;
    private readonly Ending _ending;
    private int _open = 2;
    private bool _hasEnded;

    /// <param name="patience">For requests and applications, when it is to end.</param>
    /// <param name="everything">Shows also what the web server says of its own everyday doings.</param>
    public ForegroundServer(WebServer server, StateDirectory directory, string configuration, Guard guard, Screen screen,
        TimeSpan patience, bool everything)
    {
        _filter = everything ? null : new LogFilter();
        _server = server;
        _screen = screen;
        (_output, var access) = NewPipe();
        (_errors, var errors) = NewPipe();
        using (access)
        using (errors)
        using (var nothing = AppendFile.Open("/dev/null"))
        {
            Id = ChildProcess.Start(server.Program, server.Arguments(directory.Path, configuration), Programs.Surroundings(),
                [nothing, access, errors], session: true);
        }

        guard.Watch(Id);
        _process = ChildProcess.Open(Id);
        _ending = new Ending(_process, Id, server.DrainSignal, patience);
        _epoll.Add(_wake.Descriptor, Wake, Readiness.Read);
        _epoll.Add(_process, Process, Readiness.Read);
        _epoll.Add(_output.Pipe, Output, Readiness.Read);
        _epoll.Add(_errors.Pipe, Errors, Readiness.Read);
    }

    public int Id { get; }

    /// <summary>Called about ten times a second, on the loop.</summary>
    public event Action? Tick;

    /// <summary>Called with each line of the error log, on the loop.</summary>
    public event Action<string>? ErrorLine;

    /// <summary>Ctrl-C: once, requests in flight end; twice, at once. Any thread.</summary>
    public void Stop()
    {
        _ending.Ask();
        _wake.Set();
    }

    /// <summary>Lets <see cref="Tick"/> be called soon. Any thread.</summary>
    public void Hurry() => _wake.Set();

    /// <summary>How long requests may take when it is to end, where the web server itself would wait longer for them.</summary>
    public TimeSpan? RequestLimit
    {
        init => _ending.RequestLimit = value;
    }

    /// <summary>The web server reads its configuration again. The loop.</summary>
    public void Reload() => ChildProcess.Signal(_process, _server.ReloadSignal);

    /// <summary>Until it has ended, whoever ended it: the exit code.</summary>
    public int Run()
    {
        ChildExit? exit = null;
        Span<ReadyEvent> ready = stackalloc ReadyEvent[8];
        while (exit is null)
        {
            var count = _epoll.Wait(ready, Pace);
            foreach (var one in ready[..count])
            {
                exit ??= Handle((int)one.Token);
            }

            Tell(_ending.Step());
            Tick?.Invoke();
        }

        ReadLastLines();
        _ending.Clear();
        return Code(exit.Value);
    }

    /// <summary>An error has left the loop where the server still runs: it ends with all that it has started.</summary>
    public void Dispose()
    {
        if (!_hasEnded)
        {
            _ending.Abandon();
        }

        _epoll.Dispose();
        _wake.Dispose();
        _process.Dispose();
        _output.Pipe.Dispose();
        _errors.Pipe.Dispose();
    }

    private ChildExit? Handle(int token)
    {
        switch (token)
        {
            case Wake:
                _wake.Clear();
                return null;
            case Process:
                // Ended, and not waited for yet: its number still names what it has left.
                ProcessSession.End(Id);
                _hasEnded = true;
                return ChildProcess.Wait(_process);
            case Output:
                Read(_output, line => _screen.Write(_screen.Colours ? LogPainter.Access(line) : line));
                return null;
            default:
                Read(_errors, ShowError);
                return null;
        }
    }

    private void ShowError(string line)
    {
        ErrorLine?.Invoke(line);
        if (_filter?.Shows(line) != false)
        {
            _screen.Write(_screen.Colours ? _painter.Error(line) : line);
        }
    }

    private void Read(LineReader reader, Action<string> show)
    {
        bool open;
        try
        {
            open = reader.Read(show);
        }
        catch (IOException)
        {
            // Nobody reads what we say: the terminal is gone, and so is the reason to be there.
            open = false;
            Stop();
        }

        if (!open)
        {
            _epoll.Remove(reader.Pipe);
            _open--;
        }
    }

    private void ReadLastLines()
    {
        Span<ReadyEvent> ready = stackalloc ReadyEvent[8];
        for (var began = DateTime.UtcNow; _open > 0 && DateTime.UtcNow - began < s_lastLines;)
        {
            var count = _epoll.Wait(ready, Pace);
            foreach (var one in ready[..count])
            {
                if (one.Token >= Output)
                {
                    Handle((int)one.Token);
                }
            }
        }
    }

    private void Tell(string? news)
    {
        if (news is not null)
        {
            _screen.Say(news);
        }
    }

    private int Code(ChildExit exit)
    {
        if (_ending.WasAsked)
        {
            return _ending.WasForced ? ExitCode.Interrupted : ExitCode.Success;
        }

        _screen.Warn(exit.Signalled ? $"{_server.Name} was ended by signal {exit.Code}."
            : $"{_server.Name} ended by itself with code {exit.Code}; the lines above say why.");
        return ExitCode.Failed;
    }

    private static (LineReader Reader, Descriptor Writer) NewPipe()
    {
        var (reader, writer) = Pipe.Create();
        return (new LineReader(reader), writer);
    }
}
