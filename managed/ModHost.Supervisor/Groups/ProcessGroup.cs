using ModHost.Protocol;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>
/// A process group: how many workers there are, which of them go, and which come. Whatever happens only changes what
/// the group knows; <see cref="Step"/> then compares that with what should be, and acts.
/// </summary>
/// <remarks>For the loop's thread only. Times are milliseconds of a monotonic clock.</remarks>
internal sealed partial class ProcessGroup
{
    private readonly IGroupEffects _effects;
    private readonly List<Worker> _workers = [];
    private readonly CrashBackoff _backoff = new();
    private readonly GrowthBackoff _growth = new();
    private readonly Scaling _scaling = new();
    private readonly long[] _ends = new long[EndCauses.Names.Count];
    private readonly List<Action<string?>> _waiters = [];
    private RollingRestart? _roll;
    private GroupSpec? _refused;
    private GroupStatus _published = new(AppState.Starting, 0, "");
    private (uint Code, string Text) _failure;
    private int _version = 1;
    private bool _breakerLogged;

    // The failure is one of workers that start well: while one does, requests wait for it.
    private bool _crashes;

    public ProcessGroup(GroupSpec spec, IGroupEffects effects)
    {
        Spec = spec;
        _effects = effects;
    }

    /// <summary>What workers are started by, unless a rolling restart brings another.</summary>
    public GroupSpec Spec { get; private set; }

    public string Name => Spec.Name;

    /// <summary>What was configured last: the same as <see cref="Spec"/>, or what is being or was tried.</summary>
    public GroupSpec Configured => _roll?.Spec ?? _refused ?? Spec;

    /// <summary>Of what serves, or is about to: so a version that was given up is tried when it comes again.</summary>
    public string Fingerprint => (_roll?.Spec ?? Spec).Fingerprint;

    public IReadOnlyList<Worker> Workers => _workers;

    public GroupStatus Status => _published;

    public int Version => _version;

    public Scaling Demand => _scaling;

    public CrashBackoff Backoff => _backoff;

    /// <summary>Workers that ended, by <see cref="EndCause"/>.</summary>
    public IReadOnlyList<long> Ends => _ends;

    /// <summary>Of the worker that ended last; null: none has, since this supervisor began.</summary>
    public WorkerEnd? LastEnd { get; private set; }

    /// <summary>Why no worker is started; None: they are.</summary>
    public EndCause Halted { get; private set; }

    /// <summary>Halted, and begins again when the last worker has ended.</summary>
    public bool Restarting { get; private set; }

    public bool IsRolling => _roll is not null;

    /// <summary>Why the version that was wanted last did not start, where the one before it goes on; null: it did.</summary>
    public (uint Code, string Text)? Refusal { get; private set; }

    /// <summary>Taken out of the configuration; drains when no web-server process of before is left.</summary>
    public bool Removed { get; set; }

    /// <summary>Requests begun in workers that have ended since.</summary>
    public ulong PastRequests { get; private set; }

    /// <summary>Replaces all workers, one at a time, each by one that is ready.</summary>
    /// <param name="spec">What the new ones are made by; null: what was configured last.</param>
    public void Reload(GroupSpec? spec, string reason, long now)
    {
        var next = spec ?? Configured;
        _refused = null;
        Refusal = null;
        _failure = default;
        _backoff.Reset();
        _growth.Reset();
        _breakerLogged = false;
        _version++;
        Removed = false;
        Resume();
        Log(null, LogLevel.Notice, Errors.None, $"reloads: {reason}");
        foreach (var worker in _workers.Where(worker => worker.State < WorkerState.Ready).ToArray())
        {
            worker.Replaces = null;
            Do(worker, now, life => life.Stop(EndCause.Reload, now));
        }

        if (_workers.Any(worker => worker.State == WorkerState.Ready))
        {
            _roll = new RollingRestart(next, _version, reason);
        }
        else
        {
            _roll = null;
            Spec = next;
        }

        _effects.Changed(this);
    }

    /// <summary>Settings that need no new workers.</summary>
    public void Adjust(GroupSpec spec)
    {
        if (spec.Options.MemoryLimit != Configured.Options.MemoryLimit)
        {
            _growth.Reset();
        }

        if (_roll is null)
        {
            Spec = spec;
            _refused = null;
        }
        else
        {
            _roll = _roll with { Spec = spec };
        }

        foreach (var worker in _workers)
        {
            worker.Life.Limit(WorkerLimits.Of(spec.Options, Jitter(worker)));
        }

        if (Removed)
        {
            Removed = false;
            Resume();
        }

        _effects.Changed(this);
    }

    /// <summary>No workers from now on: those that are there finish their requests, or only stop.</summary>
    public void Halt(EndCause cause, bool drain, long now)
    {
        Halted = cause;
        Restarting = false;
        _roll = null;
        foreach (var worker in _workers.ToArray())
        {
            worker.Replaces = null;
            Do(worker, now, life =>
            {
                if (drain)
                {
                    life.Drain(cause, now);
                }
                else
                {
                    life.Stop(cause, now);
                }
            });
        }

        _effects.Changed(this);
    }

    /// <summary>Stops all workers, then starts new ones.</summary>
    public void Restart(long now)
    {
        Halt(EndCause.Command, drain: false, now);
        _failure = default;
        _backoff.Reset();
        _growth.Reset();
        Restarting = true;
        _version++;
        Spec = Configured;
        _refused = null;
        Refusal = null;
    }

    /// <summary>Calls back when what was begun last is through; with a reason when it failed.</summary>
    public void WhenSettled(Action<string?> callback) => _waiters.Add(callback);

    /// <summary>Puts a worker of an earlier supervisor into the group.</summary>
    public void Adopt(Worker worker, long now)
    {
        worker.IdleSince = now;
        worker.Life.Limit(WorkerLimits.Of(worker.Spec.Options, Jitter(worker)));
        _workers.Add(worker);
        _version = Math.Max(_version, worker.Version);
    }

    /// <summary>Halted or not, as an earlier supervisor left it.</summary>
    public void Restore(int version, EndCause halted, bool restarting)
    {
        _version = Math.Max(_version, version);
        Halted = halted;
        Restarting = restarting;
    }

    private void Resume()
    {
        if (Halted != EndCause.Shutdown)
        {
            Halted = EndCause.None;
            Restarting = false;
        }
    }

    // The same for the whole life of a worker.
    private static double Jitter(Worker worker) => worker.Id * 2654435769 % 1000 / 1000.0;

    private void Log(Worker? worker, LogLevel level, string tag, string text) =>
        _effects.Log(this, worker, level, tag, text);
}
