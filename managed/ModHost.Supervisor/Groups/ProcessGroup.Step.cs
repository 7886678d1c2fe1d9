using System.Globalization;
using ModHost.Protocol;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <content>What should be done.</content>
internal sealed partial class ProcessGroup
{
    /// <summary>Does what has come due.</summary>
    /// <returns>When to call again at the latest.</returns>
    public long Step(long now)
    {
        var due = long.MaxValue;
        foreach (var worker in _workers.ToArray())
        {
            Do(worker, now, life => due = Math.Min(due, life.Step(now)));
        }

        if (Halted == EndCause.None)
        {
            due = Math.Min(due, Balance(now));
        }
        else if (_workers.Count == 0)
        {
            Emptied(now);
        }

        Publish();
        return due;
    }

    private int Live => _workers.Count(worker => worker.Life.IsLive);

    // A replacement on its way and the worker that it replaces are one.
    private int Replacements => _workers.Count(IsReplacement);

    private static bool IsReplacement(Worker worker) =>
        worker is { State: < WorkerState.Ready, Replaces.State: WorkerState.Ready };

    private long Balance(long now)
    {
        var options = Options;
        var starting = _workers.Count(worker => worker.State < WorkerState.Ready);
        var target = _scaling.Target(options, Live, starting, now);
        var due = Math.Min(_scaling.Due(now), LetSleep(options, target, now));
        target = Math.Min(target, _scaling.Target(options, Live, starting, now));
        var have = Live - Replacements;
        if (have < target)
        {
            due = Math.Min(due, StartMissing(target - have, now));
        }
        else if (have > target)
        {
            EndSurplus(have - target, now);
        }

        due = Math.Min(due, Replace(now));
        EndRoll(target);
        return due;
    }

    private ProcessGroupOptions Options => (_roll?.Spec ?? Spec).Options;

    private long StartMissing(int count, long now)
    {
        if (now < _backoff.NextStart)
        {
            return _backoff.NextStart;
        }

        // While starts fail, one at a time tells enough.
        if (_backoff.Failures > 0)
        {
            count = _workers.Any(worker => worker.State < WorkerState.Ready) ? 0 : 1;
        }

        for (; count > 0 && Start(FreeIndex(), null, EndCause.None, now); count--)
        {
        }

        return now < _backoff.NextStart ? _backoff.NextStart : long.MaxValue;
    }

    private void EndSurplus(int count, long now)
    {
        var surplus = _workers.Where(worker => worker.Life.IsLive && !IsReplacement(worker))
            .OrderByDescending(worker => worker.State < WorkerState.Ready).ThenByDescending(worker => worker.Index)
            .Take(count).ToArray();
        foreach (var worker in surplus)
        {
            Do(worker, now, life => life.Drain(EndCause.Surplus, now));
        }
    }

    // One at a time: a replacement comes, and when it is ready the old one drains.
    private long Replace(long now)
    {
        if (Replacements > 0 || Live == 0 || _workers.Any(worker => worker.State < WorkerState.Ready))
        {
            return long.MaxValue;
        }

        var due = long.MaxValue;
        var replaceable = _workers.Where(worker => worker.State == WorkerState.Ready && Cause(worker) != EndCause.None);
        if (now < _growth.NextStart && replaceable.Any(Outgrew))
        {
            due = _growth.NextStart;
            replaceable = replaceable.Where(worker => !Outgrew(worker));
        }

        var old = replaceable.MinBy(worker => worker.Index);
        if (old is null)
        {
            return due;
        }

        if (now < _backoff.NextStart)
        {
            return _backoff.NextStart;
        }

        var cause = Cause(old);
        Log(old, LogLevel.Notice, cause == EndCause.Reload ? Errors.None : Errors.Recycled,
            $"is replaced: {cause.Sentence()}");
        if (Outgrew(old) && _growth.Replaced(old.Id, now))
        {
            LogOutgrown(old, now);
        }

        Start(old.Index, old, cause, now);
        return now < _backoff.NextStart ? _backoff.NextStart : long.MaxValue;
    }

    private bool Outgrew(Worker worker) => worker.Life.OutgrewEarly && Cause(worker) == EndCause.MemoryLimit;

    private void LogOutgrown(Worker worker, long now) => Log(worker, LogLevel.Error, Errors.Recycled,
        string.Create(CultureInfo.InvariantCulture, $"memory-limit ({Mebibytes(worker.Life.Limits.MemoryLimit)}) is less "
            + $"than the application needs: {Mebibytes(worker.Life.MemoryBytes)}, "
            + $"{(now - worker.Life.ReadyAt) / 1000.0:0.#} s after it was ready, and it was so with the workers before; "
            + $"they are replaced ever more rarely, up to 30 s apart"));

    private static string Mebibytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");

    private EndCause Cause(Worker worker) =>
        _roll is not null && worker.Version != _roll.Version ? EndCause.Reload : worker.Life.Wish;

    private bool Start(int index, Worker? replaces, EndCause cause, long now)
    {
        var version = _version;
        var spec = _roll?.Spec ?? Spec;
        var worker = _effects.Spawn(this, spec, index, version, now, out var error);
        if (worker is null)
        {
            Log(null, LogLevel.Error, Errors.Spawn, error);
            StartFailed(version, Errors.Number(Errors.Spawn), error, tell: true, now);
            return false;
        }

        worker.Life.Limit(WorkerLimits.Of(spec.Options, Jitter(worker)));
        worker.Replaces = replaces;
        worker.ReplaceCause = cause;
        _workers.Add(worker);
        _effects.Changed(this);
        return true;
    }

    private int FreeIndex()
    {
        var index = 0;
        while (_workers.Any(worker => worker.Index == index && worker.Life.IsLive))
        {
            index++;
        }

        return index;
    }

    // Idle workers: one fewer if the group may have one fewer; else a fresh one, if it has served at all.
    private long LetSleep(ProcessGroupOptions options, int target, long now)
    {
        var limit = options.InactivityTimeout;
        if (limit == 0)
        {
            return long.MaxValue;
        }

        var due = long.MaxValue;
        foreach (var worker in _workers.Where(worker => worker.State == WorkerState.Ready).ToArray())
        {
            var end = worker.IdleSince + limit;
            if (now < end || worker.Life.Load.InFlight > 0)
            {
                due = Math.Min(due, Math.Max(end, now + WorkerLife.BeatInterval));
            }
            else if (target > options.MinProcesses && _scaling.Waiting == 0)
            {
                target--;
                _scaling.Slept(now);
                Do(worker, now, life => life.Drain(EndCause.Inactivity, now));
            }
            else if (worker.Life.Load.Requests > 0)
            {
                worker.Life.Want(EndCause.Inactivity);
            }
        }

        return due;
    }

    private void Emptied(long now)
    {
        if (Restarting)
        {
            Resume();
            _effects.Changed(this);
            _ = Balance(now);
        }
        else
        {
            Settle(null);
        }
    }

    // A group that sleeps has come through, too: the next request starts what was configured last.
    private void EndRoll(int target)
    {
        if (_roll is { } roll)
        {
            if (_workers.Any(worker => worker.Life.IsLive && (worker.Version != roll.Version
                || worker.State != WorkerState.Ready)) || (Live == 0 && target > 0))
            {
                return;
            }

            Spec = roll.Spec;
            _roll = null;
            Log(null, LogLevel.Notice, Errors.None, "has been reloaded");
            _effects.Changed(this);
        }

        if ((Live > 0 || target == 0) && _workers.All(worker => worker.State >= WorkerState.Ready))
        {
            Settle(null);
        }
    }

    // False: nothing of the old version is left to keep, so the new one is all there is.
    private bool AbortRoll(RollingRestart roll, uint code, string why)
    {
        _roll = null;
        if (!_workers.Any(worker => worker.State == WorkerState.Ready && worker.Version != roll.Version))
        {
            Spec = roll.Spec;
            return false;
        }

        _refused = ReferenceEquals(roll.Spec, Spec) ? null : roll.Spec;
        Refusal = (code, why);
        Log(null, LogLevel.Error, Errors.RollAborted,
            $"rolling restart given up, the old version goes on: a new worker did not start: {why}");
        _effects.Changed(this);
        Settle(why);
        return true;
    }

    private void Settle(string? error)
    {
        if (_waiters.Count > 0)
        {
            var waiters = _waiters.ToArray();
            _waiters.Clear();
            foreach (var waiter in waiters)
            {
                waiter(error);
            }
        }
    }

    private void Publish()
    {
        var state = _workers.Any(worker => worker.State == WorkerState.Ready) ? AppState.Ready
            : Halted != EndCause.None && !Restarting ? AppState.Stopped
            : _failure.Code != 0 && !(_crashes && _workers.Any(worker => worker.State < WorkerState.Ready))
            ? AppState.Failed
            : AppState.Starting;
        var status = state is AppState.Failed ? new GroupStatus(state, _failure.Code, _failure.Text)
            : new GroupStatus(state, 0, "");
        if (status != _published)
        {
            _published = status;
            _effects.Publish(this);
        }
    }
}
