using System.Runtime.InteropServices;
using ModHost.Posix;
using ModHost.Supervisor.Commands;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Shims;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor;

/// <content>Beginning and end.</content>
internal sealed partial class Daemon
{
    private const string ShimKey = "listen:shim";
    private const string ControlKey = "listen:control";
    private const string LifelineKey = "lifeline";
    private const string LockKey = "lock";
    private const long WatchdogPatience = 10_000;

    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly List<Action> _stopped = [];
    private EventSignal? _signal;
    private Descriptor? _lifeline;
    private volatile bool _reloadAsked;
    private volatile bool _stopAsked;

    /// <summary>Everything is being stopped.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Begins with a watchdog at the other end of a socket, and takes over what it has kept.</summary>
    /// <exception cref="FormatException">The configuration is not good.</exception>
    /// <exception cref="IOException">The instance cannot be had.</exception>
    public void Begin(Descriptor watchdog)
    {
        var link = new WatchdogLink(_loop, watchdog, this);
        _watchdog = link;
        _keeper = link;
        var deadline = EventLoop.Now + WatchdogPatience;
        while (!link.IsComplete)
        {
            if (!link.IsConnected || EventLoop.Now >= deadline)
            {
                throw new IOException("the watchdog says nothing");
            }

            _loop.Turn(deadline);
        }

        TakeLock();
        ApplyNewest(link);
        Listen();
        WatchLifeline();
        Restore(link, EventLoop.Now);
        if (IsStopping)
        {
            // The web server went before there was a group to stop.
            StopGroups();
        }

        HandleSignals();
        SaveIfChanged();
        link.SendReady();
        Log(LogLevel.Notice, Errors.None, "the supervisor is up");
    }

    /// <summary>Begins without a watchdog.</summary>
    /// <exception cref="FormatException">The configuration is not good.</exception>
    /// <exception cref="IOException">The instance cannot be had.</exception>
    public void BeginAlone()
    {
        Directory.CreateDirectory(_place.Directory);
        TakeLock();
        _nextWorker = 1;
        Configure(null);
        Listen();
        HandleSignals();
        BeginNotify();
        Log(LogLevel.Notice, Errors.None, "the supervisor is up");
    }

    /// <summary>Says to the watchdog that starting again is of no use.</summary>
    public void Fail(string reason) => _watchdog?.SendFailed(reason);

    /// <summary>Stops all workers; then the supervisor is done.</summary>
    public void Stop()
    {
        if (IsStopping)
        {
            return;
        }

        IsStopping = true;
        Log(LogLevel.Notice, Errors.None, "stopping");
        Notify("STOPPING=1");
        StopGroups();
    }

    private void StopGroups()
    {
        foreach (var entry in _groups.Values)
        {
            entry.Group.Halt(EndCause.Shutdown, drain: false, EventLoop.Now);
        }
    }

    /// <summary>Calls back when all workers have ended.</summary>
    public void WhenStopped(Action callback) => _stopped.Add(callback);

    private void TakeLock()
    {
        if (_watchdog is not null && _watchdog.Kept.Remove(LockKey, out var kept))
        {
            _lock = kept;
            _watchdog.Retain(LockKey, kept);
            return;
        }

        _lock = FileLock.TryTake(_place.Lock)
            ?? throw new IOException($"another supervisor holds {_place.Lock}");
        _keeper.Store(LockKey, _lock);
    }

    private void Listen()
    {
        _shimListener = new PeerListener(_loop, ListenAt(_place.ShimSocket, ShimKey), _configuration.User,
            AcceptShim, Refused);
        _commands = new CommandListener(_loop, ListenAt(_place.ControlSocket, ControlKey), _configuration.User,
            new CommandRunner(this), Refused);
    }

    private Descriptor ListenAt(string path, string key)
    {
        if (_watchdog is not null && _watchdog.Kept.Remove(key, out var kept))
        {
            _watchdog.Retain(key, kept);
            return kept;
        }

        var socket = PeerListener.Listen(path, _configuration.User, _configuration.Group);
        _keeper.Store(key, socket);
        return socket;
    }

    private void Refused(string why) => Log(LogLevel.Warning, Errors.Peer, why);

    // The watchdog looks at it too; but it may be dead when the web server goes.
    private void WatchLifeline()
    {
        if (_watchdog is not null && _watchdog.Kept.Remove(LifelineKey, out var kept))
        {
            _lifeline = kept;
            _watchdog.Retain(LifelineKey, kept);
            _ = new Lifeline(_loop, kept, Stop);
        }
    }

    // Handlers run on a thread of the runtime's; the loop does the work.
    private void HandleSignals()
    {
        _signal = new EventSignal();
        _ = new Waker(_loop, _signal, () =>
        {
            if (_stopAsked)
            {
                Stop();
            }
            else if (_reloadAsked)
            {
                _reloadAsked = false;
                Reconfigure();
            }
        });
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _stopAsked = true;
                _signal.Set();
            }));
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _reloadAsked = true;
            _signal.Set();
        }));
    }

    private void Reconfigure()
    {
        try
        {
            Configure(null);
        }
        catch (FormatException exception)
        {
            Log(LogLevel.Error, Errors.Configuration, exception.Message);
        }
    }

    private void EndIfStopped()
    {
        if (!IsStopping || IsDone || _groups.Values.Any(entry => entry.Group.Workers.Count > 0))
        {
            return;
        }

        IsDone = true;
        Log(LogLevel.Notice, Errors.None, "all workers have stopped");
        foreach (var callback in _stopped)
        {
            callback();
        }

        _commands.Dispose();
        _shimListener.Dispose();
        _watchdog?.SendDone();
        if (_place.ConfigurationFile is null)
        {
            InstanceFolder.Remove(_place.Directory);
        }
        else
        {
            InstanceFolder.RemoveSockets(_place.Directory);
        }
    }
}
