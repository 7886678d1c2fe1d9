using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server;
using ModHost.Worker.Channels;
using ModHost.Worker.Connections;
using ModHost.Worker.Exchanges;
using ModHost.Worker.Process;

namespace ModHost.Worker;

/// <summary>
/// One worker: its application, its connection to the supervisor, its channels to web-server processes.
/// </summary>
/// <remarks>Channels and credits are the loop's; the rest says its thread.</remarks>
internal sealed partial class Worker
{
    public const string Category = "ModHost.Worker";

    private const int Warning = 3;
    private const int Error = 4;

    // While a channel waits for credits that others hold.
    private const int BalanceInterval = 50;

    private readonly WorkerSettings _settings;
    private readonly List<Channel> _channels = [];
    private volatile Channel[] _allChannels = [];
    private ExchangePool? _pool;
    private ModHostServer? _server;
    private volatile bool _drains;
    private bool _controlClosed;
    private volatile bool _refuses;
    private volatile int _logLevel;
    private int _inFlight;
    private long _requests;

    public Worker(WorkerSettings settings, EventLoop loop, ControlConnection control)
    {
        _settings = settings;
        _logLevel = settings.LogLevel;
        Loop = loop;
        Control = control;
        Ledger = new CreditLedger(settings.MaxConcurrency);
        App = new WorkerApp(this, settings);
        loop.Tick = Balance;
        loop.Fault = exception => LogFault("the loop", exception);
        control.Attach(this);
    }

    public EventLoop Loop { get; }

    public ControlConnection Control { get; }

    public WorkerApp App { get; }

    public CreditLedger Ledger { get; }

    /// <summary>How long requests take.</summary>
    public RequestTimes Times { get; } = new();

    /// <summary>The application's file.</summary>
    public string Path => _settings.Path;

    /// <summary>What was not begun is not begun any more: other workers take it. Any thread.</summary>
    public bool Refuses => _refuses;

    /// <summary>No further request is wanted. Any thread.</summary>
    public bool Drains => _drains;

    /// <summary>Requests that the application has not let go of. Any thread.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The application's server makes exchanges from now on. Any thread.</summary>
    public void Serve(ModHostServer server)
    {
        _server = server;
        Volatile.Write(ref _pool, new ExchangePool(this, server));
    }

    /// <summary>An object for a request, or none: it is refused. Loop.</summary>
    public WorkerExchange? Rent() => _refuses ? null : Volatile.Read(ref _pool)?.Rent();

    /// <summary>A request is there. Loop.</summary>
    public void Entered() => Interlocked.Increment(ref _inFlight);

    /// <summary>The application is about to be called for it. Any thread.</summary>
    public void Begun() => Interlocked.Increment(ref _requests);

    /// <summary>The application has let go of it. Any thread.</summary>
    public void Left() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Asks for no further request on any channel. Any thread.</summary>
    public void Drain() => Loop.Post(() =>
    {
        _drains = true;
        _channels.ForEach(static channel => channel.Drain());
        CheckDrained();
    });

    /// <summary>Stops the application; what was not begun goes to other workers. Any thread.</summary>
    /// <param name="limit">How long it may take, where that is less than was configured; zero: as configured.</param>
    public void Stop(TimeSpan limit = default)
    {
        _refuses = true;
        Drain();
        App.RequestStop(limit);
    }

    /// <summary>
    /// A channel's web server has promised to send no request, or a stream has ended: the host may stop when all have,
    /// also those whose client is slow to take what the application has long written. Loop.
    /// </summary>
    public void CheckDrained()
    {
        if (_drains && _channels.TrueForAll(static channel => channel.IsDrained && channel.Open == 0))
        {
            App.SetDrained();
        }
    }

    /// <summary>Waits until everything was sent, or so long; for the end of the process. Not on the loop.</summary>
    public void SayFarewell(int milliseconds)
    {
        foreach (var channel in _allChannels)
        {
            channel.FlushWaiting(milliseconds);
        }

        Control.FlushWaiting(milliseconds);
    }

    /// <summary>A channel is gone. Loop.</summary>
    public void ChannelClosed(Channel channel)
    {
        _channels.Remove(channel);
        _allChannels = [.. _channels];
        Ledger.Close(channel);
        WatchCredits();
        CheckDrained();
        if (_controlClosed && _channels.Count == 0)
        {
            Stop();
        }
    }

    /// <summary>
    /// Supervisor and watchdog are gone: on with the channels that there are, and then the end. Loop.
    /// </summary>
    public void ControlClosed()
    {
        _controlClosed = true;
        Console.Error.WriteLine(
            $"{Errors.ControlLost}: the control connection has ended; {_channels.Count} channels are left");
        if (_channels.Count == 0)
        {
            Stop();
        }
    }

    /// <summary>Looks after what waits for credits. Loop.</summary>
    public void WatchCredits() => Loop.TickInterval = Ledger.IsShort ? BalanceInterval : Timeout.Infinite;

    /// <summary>One log event. Any thread; never blocks, never throws.</summary>
    public void Log(int level, string category, string text)
    {
        if (level >= _logLevel)
        {
            Control.Log(level, category, text);
        }
    }

    public void Log(int level, string text) => Log(level, Category, text);

    public void LogFault(string where, Exception exception) =>
        Log(Error, $"{Errors.Internal}: {where}: {exception}");

    public void LogBadResponse(string text) => Log(Error, $"{Errors.BadResponse}: {text}");

    /// <summary>How loud a channel's trouble is.</summary>
    public static int LevelOf(string tag) => tag == Errors.PeerClosed ? Warning : Error;

    private void Balance()
    {
        Ledger.Balance();
        WatchCredits();
    }

}
