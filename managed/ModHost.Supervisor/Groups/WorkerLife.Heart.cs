using System.Globalization;
using ModHost.Protocol;

namespace ModHost.Supervisor.Groups;

/// <content>Heartbeats: what a worker says of itself, and what its silence says.</content>
internal sealed partial class WorkerLife
{
    /// <summary>Between two heartbeats of a worker that serves.</summary>
    public const long BeatInterval = 3_000;

    /// <summary>Of a worker that drains: its end is waited for.</summary>
    public const long DrainBeatInterval = 200;

    /// <summary>The same while it does not answer.</summary>
    public const long SilentDrainInterval = 1_000;

    /// <summary>A heartbeat without an answer for so long is logged.</summary>
    public const long StarvationSeen = 2_500;

    /// <summary>Silence after which a worker is replaced.</summary>
    public const long StarvationLimit = 30_000;

    /// <summary>The same for a process that a signal has stopped, of which nothing can be expected.</summary>
    public const long SuspensionLimit = 8_000;

    /// <summary>What an application gets beyond shutdown-timeout before its process is killed.</summary>
    public const long KillMargin = 1_000;

    /// <summary>What a process gets to end by itself when its application did not start.</summary>
    public const long FailedExit = 2_000;

    /// <summary>How long a process may outlive its control connection.</summary>
    public const long LostLimit = 1_000;

    private uint _beat;
    private uint _drainBeat;
    private long _beatSent;
    private long _nextBeat = long.MaxValue;
    private bool _beatPending;
    private bool _silenceLogged;
    private bool _queueLogged;

    /// <summary>An answer from the application's thread pool.</summary>
    /// <param name="beat">Of the heartbeat that is answered.</param>
    public void Alive(uint beat, in WorkerLoad load, long now)
    {
        CheckQueue(load);
        Load = load;
        if (beat == _beat)
        {
            EndSilence(now);
        }

        CheckLimits();
        CheckMemory(now);
        if (State == WorkerState.Draining && _drainBeat != 0 && unchecked((int)(beat - _drainBeat)) >= 0
            && load.InFlight == 0)
        {
            StopProcess(now);
        }
    }

    private void EndSilence(long now)
    {
        _beatPending = false;
        if (_silenceLogged)
        {
            _silenceLogged = false;
            _effects.Log(LogLevel.Notice, Errors.None, string.Create(CultureInfo.InvariantCulture,
                $"the thread pool answers again, after {Seconds(now - _beatSent)} s"));
        }

        if (Wish == EndCause.Starved)
        {
            Wish = EndCause.None;
        }
    }

    private void CheckLimits()
    {
        if (State != WorkerState.Ready)
        {
            return;
        }

        if (Limits.MaximumRequests > 0 && Load.Requests >= Limits.MaximumRequests)
        {
            Want(EndCause.MaximumRequests);
        }
    }

    // The pool answers, as it takes heartbeats between requests; but these wait for threads, and hardly any gets one.
    private void CheckQueue(in WorkerLoad load)
    {
        var begun = load.Requests - Math.Min(load.Requests, Load.Requests);
        if (State != WorkerState.Ready || load.PoolQueue <= load.PoolThreads || begun > 2UL * load.PoolThreads)
        {
            _queueLogged &= load.PoolQueue > 0;
        }
        else if (!_queueLogged)
        {
            _queueLogged = true;
            _effects.Log(LogLevel.Warning, Errors.Starved, string.Create(CultureInfo.InvariantCulture,
                $"the thread pool is starved: {load.PoolQueue} requests wait, {load.PoolThreads} threads are blocked"));
        }
    }

    private void CheckMemory(long now)
    {
        ResidentBytes = _effects.ResidentBytes();
        if (State == WorkerState.Ready && Limits.MemoryLimit > 0 && MemoryBytes >= Limits.MemoryLimit)
        {
            OutgrewEarly |= Wish == EndCause.None && now - ReadyAt < GrowthBackoff.Settling;
            Want(EndCause.MemoryLimit);
        }
    }

    private void BeginBeats(long now)
    {
        _nextBeat = now;
        _beatPending = false;
    }

    // What the supervisor before may have had no time to say is said again. Heartbeats have numbers that it has not
    // used: an answer to one of its own tells nothing.
    private void ResumeOrders(long now)
    {
        _beat = (uint)now;
        if (State == WorkerState.Stopping)
        {
            _effects.SendStop(Limits.ShutdownTimeout);
        }
        else if (State == WorkerState.Draining)
        {
            _effects.SendDrain();
            BeginDrainBeats(now);
        }
        else
        {
            BeginBeats(now);
        }
    }

    // Only an answer to what was asked from now on tells that nothing runs.
    private void BeginDrainBeats(long now)
    {
        _nextBeat = now;
        _drainBeat = Next(_beat);
    }

    private long Beat(long now)
    {
        switch (State)
        {
            case WorkerState.Ready when _beatPending:
                return Silence(now);
            case WorkerState.Ready:
                return now < _nextBeat ? _nextBeat : SendBeat(now, BeatInterval);
            case WorkerState.Draining:
                return now < _nextBeat ? _nextBeat
                    : SendBeat(now, _beatPending ? SilentDrainInterval : DrainBeatInterval);
            default:
                return long.MaxValue;
        }
    }

    private long SendBeat(long now, long interval)
    {
        _beat = Next(_beat);
        _beatPending = true;
        _beatSent = now;
        _nextBeat = now + interval;
        _effects.SendHeartbeat(_beat);
        return Math.Min(_nextBeat, now + StarvationSeen);
    }

    // 0 is no heartbeat.
    private static uint Next(uint beat) => beat == uint.MaxValue ? 1 : beat + 1;

    private long Silence(long now)
    {
        var silent = now - _beatSent;
        if (silent < StarvationSeen)
        {
            return _beatSent + StarvationSeen;
        }

        var suspended = _effects.IsSuspended();
        if (!_silenceLogged)
        {
            _silenceLogged = true;
            _effects.Log(LogLevel.Warning, Errors.Starved, suspended
                ? "the process is stopped by a signal"
                : $"the thread pool has not answered for {Seconds(silent)} s: its threads are blocked");
        }

        CheckMemory(now);
        var limit = suspended ? SuspensionLimit : StarvationLimit;
        if (silent >= limit)
        {
            Want(EndCause.Starved);
            return now + BeatInterval;
        }

        return Math.Min(now + BeatInterval, _beatSent + limit);
    }

    private static string Seconds(long milliseconds) =>
        (milliseconds / 1000.0).ToString("0.#", CultureInfo.InvariantCulture);
}
