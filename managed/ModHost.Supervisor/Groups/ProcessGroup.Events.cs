using System.Globalization;
using ModHost.Protocol;

namespace ModHost.Supervisor.Groups;

/// <content>What happens to workers.</content>
internal sealed partial class ProcessGroup
{
    public void Greeted(Worker worker, long now) => Do(worker, now, life => life.Greeted(now));

    public void AppReady(Worker worker, long now) => Do(worker, now, life => life.AppReady(now));

    public void AppFailed(Worker worker, uint code, string text, long now) =>
        Do(worker, now, life => life.AppFailed(code, text, now));

    public void AppStopped(Worker worker, long now) => Do(worker, now, life => life.AppStopped(now));

    public void Warmed(Worker worker, uint status, long now) => Do(worker, now, life => life.Warmed(status, now));

    public void Lost(Worker worker, long now) => Do(worker, now, life => life.Lost(now));

    public void Broke(Worker worker, long now) => Do(worker, now, life => life.Broke(now));

    public void Alive(Worker worker, uint beat, WorkerLoad load, long now)
    {
        if (load.InFlight > 0 || load.Requests != worker.Life.Load.Requests)
        {
            worker.IdleSince = now;
        }

        Do(worker, now, life => life.Alive(beat, load, now));
    }

    /// <summary>A request in it timed out and has not ended.</summary>
    public static void Stuck(Worker worker, long now)
    {
        if (worker.State == WorkerState.Ready && worker.Life.Wish == EndCause.None)
        {
            worker.Life.Want(EndCause.Stuck);
            worker.IdleSince = now;
        }
    }

    /// <summary>The process has ended.</summary>
    /// <param name="how">"exited with code 1", "was killed by signal 9 (SIGKILL)".</param>
    /// <param name="lastWords">What it wrote last, for the reason of a failed start; may be empty.</param>
    public void Exited(Worker worker, string how, string lastWords, long now)
    {
        if (worker.State == WorkerState.Gone)
        {
            return;
        }

        var before = worker.State;
        Do(worker, now, life => life.Exited(now));
        _workers.Remove(worker);
        PastRequests += worker.Life.Load.Requests;
        _ends[(int)worker.Life.Cause]++;
        LastEnd = new WorkerEnd(worker.Pid, worker.Life.Cause, how, DateTime.UtcNow);
        _effects.Forget(this, worker, how);
        if (worker.Failed || !IsFailure(worker.Life.Cause))
        {
            LogEnd(worker, before, how);
        }
        else
        {
            Fail(worker, how, lastWords, now);
        }

        _effects.Changed(this);
    }

    private static bool IsFailure(EndCause cause) => cause is EndCause.StartFailed or EndCause.StartTimeout
        or EndCause.AppStopped or EndCause.Protocol or EndCause.Crash;

    // Once for each worker: when it says so, or when its process ends without a word.
    private void Fail(Worker worker, string how, string lastWords, long now)
    {
        worker.Failed = true;
        if (worker.Life.WasReady)
        {
            Crashed(worker, how, now);
        }
        else
        {
            StartFailed(worker, how, lastWords, now);
        }
    }

    private void StartFailed(Worker worker, string how, string lastWords, long now)
    {
        var (code, text) = worker.Life.Failure;
        var silent = code == 0;
        if (silent)
        {
            code = Errors.Number(Errors.StartFailed);
            text = text is { Length: > 0 } ? text
                : worker.Life.Cause == EndCause.Protocol ? "its control connection broke"
                : lastWords.Length > 0 ? $"it {how}; its last words: {lastWords}" : $"it {how}";
        }

        var tag = string.Create(CultureInfo.InvariantCulture, $"MH{code:0000}");
        Log(worker, LogLevel.Error, tag, $"did not start: {text}");

        // One that was killed on its way says little about the next one: requests wait for that.
        StartFailed(worker.Version, code, text, tell: !silent || _backoff.Failures > 0, now);
    }

    private void StartFailed(int version, uint code, string text, bool tell, long now)
    {
        if (_roll is { } roll && version == roll.Version && AbortRoll(roll, code, text))
        {
            return;
        }

        _failure = tell ? (code, text) : _failure;
        _crashes = false;
        var delay = _backoff.StartFailed(now);
        LogBreaker(delay, text);
        Settle(text);
    }

    private void Crashed(Worker worker, string how, long now)
    {
        var what = worker.Life.Cause switch
        {
            EndCause.AppStopped => "the application stopped by itself",
            EndCause.Protocol => "its control connection broke",
            _ => how,
        };
        var tag = worker.Life.Cause switch
        {
            EndCause.AppStopped => Errors.AppStopped,
            EndCause.Protocol => Errors.Control,
            _ => Errors.Crashed,
        };
        Log(worker, LogLevel.Error, tag, what);
        var delay = _backoff.Crashed(now);
        if (_backoff.IsOpen)
        {
            _failure = (Errors.Number(tag), what);
            _crashes = true;
        }

        LogBreaker(delay, what);
    }

    private void LogBreaker(long delay, string why)
    {
        if (!_backoff.IsOpen)
        {
            _breakerLogged = false;
        }
        else if (!_breakerLogged)
        {
            _breakerLogged = true;
            Log(null, LogLevel.Error, Errors.Breaker, string.Create(CultureInfo.InvariantCulture,
                $"workers fail again and again; the next start is in {delay / 1000.0:0.#} s, ")
                + $"later ones up to 30 s apart: {why}");
        }
    }

    private void LogEnd(Worker worker, WorkerState before, string how)
    {
        // A process that had finished may end with whatever code it likes, but not by a signal of its own.
        var told = before == WorkerState.Stopping;
        Log(worker, told ? LogLevel.Notice : LogLevel.Error, told ? Errors.None : Errors.Crashed,
            $"{how} ({worker.Life.Cause.Sentence()})");
    }

    // Runs a transition, and tells what it means to others.
    private void Do(Worker worker, long now, Action<WorkerLife> act)
    {
        var before = worker.State;
        act(worker.Life);
        if (worker.State != before)
        {
            Moved(worker, now);
        }
    }

    private void Moved(Worker worker, long now)
    {
        if (worker.State == WorkerState.Ready)
        {
            BecameReady(worker, now);
        }
        else if (worker.State > WorkerState.Ready && worker.Offered)
        {
            worker.Offered = false;
            if (worker.State != WorkerState.Gone)
            {
                _effects.Withdraw(worker);
            }
        }

        if (worker.State == WorkerState.Stopping && IsFailure(worker.Life.Cause))
        {
            Fail(worker, "ends", "", now);
        }

        _effects.Changed(this);
    }

    private void BecameReady(Worker worker, long now)
    {
        worker.IdleSince = now;
        worker.Offered = true;
        _failure = default;
        _breakerLogged = false;
        _backoff.Succeeded(now);
        Log(worker, LogLevel.Notice, Errors.None, string.Create(CultureInfo.InvariantCulture,
            $"ready in {now - worker.Life.Spawned} ms"));
        _effects.Offer(this, worker);
        if (worker.Replaces is { State: WorkerState.Ready } old)
        {
            Do(old, now, life => life.Drain(worker.ReplaceCause, now));
        }

        worker.Replaces = null;
    }
}
