using System.Globalization;
using ModHost.Protocol;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor.Groups;

/// <summary>
/// The life of one worker as a state machine. It is told what happened and what time it is, moves through
/// <see cref="WorkerState"/>, and says through <see cref="IWorkerEffects"/> what has to be done to the process.
/// It decides when a worker has to be replaced (<see cref="Wish"/>); its group decides when that begins.
/// </summary>
/// <remarks>Times are milliseconds of a monotonic clock. For the loop's thread only.</remarks>
internal sealed partial class WorkerLife
{
    private readonly IWorkerEffects _effects;
    private long _deadline;
    private bool _killed;
    private long _lost;

    public WorkerLife(IWorkerEffects effects, WorkerLimits limits, long now)
    {
        _effects = effects;
        Limits = limits;
        Spawned = now;
        Since = now;
        _deadline = After(now, limits.StartupTimeout);
    }

    /// <summary>That of a worker which an earlier supervisor has started.</summary>
    public static WorkerLife Resume(IWorkerEffects effects, WorkerLimits limits, SavedWorker saved, long now)
    {
        var life = new WorkerLife(effects, limits, saved.Spawned)
        {
            State = saved.State,
            Since = saved.Since,
            ReadyAt = saved.ReadyAt,
            Cause = saved.Cause,
        };
        life._deadline = saved.State switch
        {
            < WorkerState.Ready => life._deadline,
            WorkerState.Ready => long.MaxValue,
            WorkerState.Draining => After(saved.Since, limits.GracefulTimeout),
            _ when saved.Cause is EndCause.StartFailed or EndCause.StartTimeout or EndCause.Protocol =>
                saved.Since + FailedExit,
            _ => After(saved.Since, limits.ShutdownTimeout, KillMargin),
        };
        life.ResumeOrders(now);
        return life;
    }

    public WorkerLimits Limits { get; private set; }

    public WorkerState State { get; private set; }

    /// <summary>When <see cref="State"/> was entered.</summary>
    public long Since { get; private set; }

    public long Spawned { get; private set; }

    /// <summary>When it became ready; 0: never.</summary>
    public long ReadyAt { get; private set; }

    /// <summary>What it said with its last sign of life.</summary>
    public WorkerLoad Load { get; private set; }

    /// <summary>Its resident set then, as the kernel sees it.</summary>
    public long ResidentBytes { get; private set; }

    /// <summary>What memory-limit is compared with.</summary>
    public long MemoryBytes => Math.Max(ResidentBytes, (long)Math.Min(Load.CommittedBytes, long.MaxValue));

    /// <summary>It was above memory-limit when it had hardly begun to work.</summary>
    public bool OutgrewEarly { get; private set; }

    /// <summary>Why it should be replaced.</summary>
    public EndCause Wish { get; private set; }

    /// <summary>Why it left the states up to ready.</summary>
    public EndCause Cause { get; private set; }

    /// <summary>What the application, or the supervisor, said of a failed start: a tag's number and a text.</summary>
    public (uint Code, string Text) Failure { get; private set; }

    public bool IsLive => State <= WorkerState.Ready;

    public bool WasReady => ReadyAt != 0;

    /// <summary>It has other limits from now on.</summary>
    public void Limit(WorkerLimits limits)
    {
        if (Wish == EndCause.MemoryLimit && limits.MemoryLimit != Limits.MemoryLimit)
        {
            Wish = EndCause.None;
            OutgrewEarly = false;
        }

        Limits = limits;
    }

    /// <summary>HELLO arrived.</summary>
    public void Greeted(long now)
    {
        if (State == WorkerState.Spawned)
        {
            Move(WorkerState.Starting, now);
        }
    }

    /// <summary>The host has started.</summary>
    public void AppReady(long now)
    {
        if (State is not (WorkerState.Spawned or WorkerState.Starting))
        {
            return;
        }

        if (Limits.Warmup.Length == 0)
        {
            BecomeReady(now);
            return;
        }

        Move(WorkerState.Warming, now);
        _effects.SendWarmup(Limits.Warmup);
    }

    /// <summary>The answer to the warm-up request; any answer but a server error will do.</summary>
    public void Warmed(uint status, long now)
    {
        if (State != WorkerState.Warming)
        {
            return;
        }

        if (status is >= 200 and < 500)
        {
            BecomeReady(now);
            return;
        }

        var what = status == 0 ? "failed" : string.Create(CultureInfo.InvariantCulture, $"was answered {status}");
        Fail(Errors.Number(Errors.Warmup), $"the warm-up request {Limits.Warmup} {what}", now);
    }

    /// <summary>The application will not start; the process is expected to end by itself.</summary>
    public void AppFailed(uint code, string text, long now)
    {
        if (State < WorkerState.Ready)
        {
            Fail(code, text, now);
        }
    }

    /// <summary>The application asked its host to stop.</summary>
    public void AppStopped(long now)
    {
        if (State < WorkerState.Ready)
        {
            Fail(Errors.Number(Errors.AppStopped), "the application stopped before it was ready", now);
        }
        else if (State is WorkerState.Ready or WorkerState.Draining)
        {
            Cause = State == WorkerState.Ready ? EndCause.AppStopped : Cause;
            StopProcess(now);
        }
    }

    /// <summary>It shall get no more requests, and stop when it has none.</summary>
    public void Drain(EndCause cause, long now)
    {
        if (State < WorkerState.Ready || (cause == EndCause.Starved && _effects.IsSuspended()))
        {
            Stop(cause, now);
        }
        else if (State == WorkerState.Ready)
        {
            Cause = cause;
            Move(WorkerState.Draining, now);
            _deadline = After(now, Limits.GracefulTimeout);
            _effects.SendDrain();
            BeginDrainBeats(now);
        }
    }

    /// <summary>It shall stop now, within shutdown-timeout.</summary>
    public void Stop(EndCause cause, long now)
    {
        if (State < WorkerState.Stopping)
        {
            Cause = Cause == EndCause.None ? cause : Cause;
            StopProcess(now);
        }
    }

    /// <summary>Its control connection ended: mostly because the process does, of which another word is on its way.
    /// </summary>
    public void Lost(long now)
    {
        if (State < WorkerState.Stopping && _lost == 0)
        {
            _lost = now;
        }
    }

    /// <summary>There is no more talking to it: it broke the protocol, or closed the connection and lives.</summary>
    public void Broke(long now)
    {
        if (State < WorkerState.Stopping)
        {
            Cause = Cause == EndCause.None ? EndCause.Protocol : Cause;
            Move(WorkerState.Stopping, now);

            // A worker without a supervisor ends when it has no channels; it gets a little time for that.
            _deadline = now + FailedExit;
        }
    }

    /// <summary>The process has ended.</summary>
    public void Exited(long now)
    {
        if (State == WorkerState.Gone)
        {
            return;
        }

        Cause = Cause != EndCause.None ? Cause : WasReady ? EndCause.Crash : EndCause.StartFailed;
        Move(WorkerState.Gone, now);
        _deadline = long.MaxValue;
    }

    /// <summary>Asks for a replacement because of something the group found out.</summary>
    public void Want(EndCause cause)
    {
        if (State <= WorkerState.Ready && Wish == EndCause.None)
        {
            Wish = cause;
        }
    }

    /// <summary>Acts on what has come due.</summary>
    /// <returns>When to call again at the latest.</returns>
    public long Step(long now)
    {
        if (now >= _deadline)
        {
            PassDeadline(now);
        }

        if (_lost != 0 && now - _lost >= LostLimit)
        {
            _lost = 0;
            Broke(now);
        }

        CheckAge(now);
        return Math.Min(Math.Min(_deadline, Beat(now)), _lost == 0 ? long.MaxValue : _lost + LostLimit);
    }

    private void PassDeadline(long now)
    {
        switch (State)
        {
            case < WorkerState.Ready:
                var seconds = (Limits.StartupTimeout / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
                Failure = (Errors.Number(Errors.StartTimeout), $"the application was not ready within {seconds} s");
                _effects.Log(LogLevel.Error, Errors.StartTimeout, $"not ready within startup-timeout ({seconds} s)");
                Cause = EndCause.StartTimeout;
                Move(WorkerState.Stopping, now);
                KillProcess();
                break;
            case WorkerState.Draining:
                LogUnfinished();
                StopProcess(now);
                break;
            case WorkerState.Stopping:
                if (Cause is not (EndCause.StartFailed or EndCause.Protocol))
                {
                    _effects.Log(LogLevel.Error, Errors.Killed, "had not stopped within shutdown-timeout; killed");
                }

                KillProcess();
                break;
            default:
                break;
        }
    }

    private void LogUnfinished()
    {
        if (Load.InFlight > 0)
        {
            _effects.Log(LogLevel.Warning, Errors.DrainTimeout, string.Create(CultureInfo.InvariantCulture,
                $"{Load.InFlight} {(Load.InFlight == 1 ? "request was" : "requests were")} still running when "
                + $"graceful-timeout was over"));
        }
    }

    private void CheckAge(long now)
    {
        if (State == WorkerState.Ready && Limits.RestartInterval > 0 && now - ReadyAt >= Limits.RestartInterval)
        {
            Want(EndCause.RestartInterval);
        }
    }

    private void Fail(uint code, string text, long now)
    {
        Failure = (code, text);
        Cause = EndCause.StartFailed;
        Move(WorkerState.Stopping, now);
        _effects.SendStop(Limits.ShutdownTimeout);
        _deadline = now + FailedExit;
    }

    private void BecomeReady(long now)
    {
        ReadyAt = now;
        Move(WorkerState.Ready, now);
        _deadline = long.MaxValue;
        BeginBeats(now);
    }

    private void StopProcess(long now)
    {
        Move(WorkerState.Stopping, now);
        _effects.SendStop(Limits.ShutdownTimeout);
        _deadline = After(now, Limits.ShutdownTimeout, KillMargin);
    }

    private void KillProcess()
    {
        // Once: what SIGKILL does not end, nothing does.
        _deadline = long.MaxValue;
        if (!_killed)
        {
            _killed = true;
            _effects.Kill();
        }
    }

    private static long After(long begin, long limit, long margin = 0) =>
        limit > 0 ? begin + limit + margin : long.MaxValue;

    private void Move(WorkerState state, long now)
    {
        State = state;
        Since = now;
    }
}
