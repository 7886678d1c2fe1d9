using ModHost.Posix;
using ModHost.Supervisor.Commands;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;
using ModHost.Supervisor.Shims;
using ModHost.Supervisor.Status;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor;

/// <summary>
/// The supervisor: process groups, their workers, the web server's processes, and whoever gives commands, all on one
/// loop.
/// </summary>
internal sealed partial class Daemon : IDisposable
{
    private const long ReconnectPatience = 5_000;
    private const long MostGarbage = 2 << 20;

    private readonly EventLoop _loop = new();
    private readonly Logs _logs = new();
    private readonly Dictionary<string, GroupEntry> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, WorkerProcess> _processes = [];
    private readonly List<ShimConnection> _shims = [];
    private readonly OomWatch _oom = new();
    private readonly StatusPage _status = new();
    private readonly DaemonPlace _place;
    private readonly long _started = EventLoop.Now;
    private SupervisorConfiguration _configuration = new();
    private PeerListener _shimListener = null!;
    private CommandListener _commands = null!;
    private Descriptor? _lock;
    private WatchdogLink? _watchdog;
    private IKeeper _keeper = new NoKeeper();
    private uint _nextWorker;
    private long _nextShim;
    private bool _changed;
    private long _tidied;

    public Daemon(DaemonPlace place) => _place = place;

    /// <summary>Everything is stopped.</summary>
    public bool IsDone { get; private set; }

    public SupervisorConfiguration Configuration => _configuration;

    public IReadOnlyDictionary<string, GroupEntry> Groups => _groups;

    public IReadOnlyList<ShimConnection> Shims => _shims;

    public long Started => _started;

    public Logs Logs => _logs;

    /// <summary>One turn of the loop.</summary>
    public void Turn()
    {
        var now = EventLoop.Now;
        var due = Step(now);
        SaveIfChanged();
        due = Math.Min(due, _status.Refresh(this, now));
        _logs.Flush(now);
        if (!IsDone)
        {
            _loop.Turn(Math.Min(due, _logs.Due));
            Tidy();
        }
    }

    // The collector would let a process on a large machine grow by as much as the processor's cache before it begins.
    private void Tidy()
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        if (allocated - _tidied > MostGarbage)
        {
            _tidied = allocated;
            GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        }
    }

    public void Dispose()
    {
        _logs.Flush(long.MaxValue / 2);
        foreach (var process in _processes.Values)
        {
            process.Dispose();
        }

        _watchdog?.Dispose();
        _lock?.Dispose();
        _status.Dispose();
        _logs.Dispose();
        _loop.Dispose();
    }

    private long Step(long now)
    {
        var due = long.MaxValue;
        foreach (var entry in _groups.Values.ToArray())
        {
            due = Math.Min(due, StepGroup(entry, now));
        }

        due = Math.Min(due, StepEnds(now));
        due = Math.Min(due, StepRenewals(now));
        due = Math.Min(due, StepWatchdog(now));
        due = Math.Min(due, StepNotify(now));
        RetireStrangers();
        if (_configuration.Final && _groups.Count == 0)
        {
            Stop();
        }

        EndIfStopped();
        return due;
    }

    private long StepGroup(GroupEntry entry, long now)
    {
        if (entry.Watch is { } watch && !IsStopping)
        {
            if (watch.HasChanged(now))
            {
                entry.Group.Reload(null, $"{watch.Path} has changed", now);
            }
        }

        var due = StepRemoved(entry, now);
        due = Math.Min(due, entry.Group.Step(now));
        if (entry.Group.Removed && entry.Group.Workers.Count == 0 && entry.Group.Halted != EndCause.None)
        {
            _groups.Remove(entry.Group.Name);
            _changed = true;
        }

        return Math.Min(due, entry.Watch?.Due ?? long.MaxValue);
    }

    // Web-server processes of an older configuration still use it; those that have lost their connection, as after a
    // restart of the supervisor, get a while to be back.
    private long StepRemoved(GroupEntry entry, long now)
    {
        if (!entry.Group.Removed || entry.Group.Halted != EndCause.None)
        {
            return long.MaxValue;
        }

        var due = Math.Max(entry.RemovedAt, _started) + ReconnectPatience;
        if (now < due || HasShimBefore(_configuration.Generation))
        {
            return now < due ? due : long.MaxValue;
        }

        entry.Group.Halt(EndCause.Removed, drain: true, now);
        return long.MaxValue;
    }

    private bool HasShimBefore(uint generation) => _shims.Any(shim => shim.Generation < generation);

    private void Log(LogLevel level, string tag, string text) => _logs.Write(level, tag, text);
}
