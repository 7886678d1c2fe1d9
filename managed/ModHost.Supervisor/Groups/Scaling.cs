using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>How many workers a group should have, from how long requests wait for one.</summary>
internal sealed class Scaling
{
    /// <summary>A request that has waited so long asks for one more worker.</summary>
    public const long LongWait = 200;

    /// <summary>At most one more worker in this time: the last one shall show its effect.</summary>
    public const long Pace = 1_000;

    /// <summary>Without a wait for so long there may be one fewer.</summary>
    public const long Quiet = 60_000;

    /// <summary>A web-server process that says nothing for so long has nobody waiting.</summary>
    public const long Stale = 2_000;

    private readonly Dictionary<long, Demand> _demands = [];
    private int _extra;
    private long _changed;
    private long _lastWait;

    private readonly record struct Demand(uint Waiting, uint Oldest, long Told);

    /// <summary>Requests that wait now, in all web-server processes.</summary>
    public uint Waiting { get; private set; }

    /// <summary>How long the oldest has waited.</summary>
    public uint Oldest { get; private set; }

    /// <summary>What one web-server process says.</summary>
    public void Told(long process, uint waiting, uint oldest, long now)
    {
        if (waiting == 0)
        {
            _demands.Remove(process);
        }
        else
        {
            _demands[process] = new Demand(waiting, oldest, now);
            _lastWait = now;
        }

        Sum(now);
    }

    public void Left(long process, long now)
    {
        _demands.Remove(process);
        Sum(now);
    }

    /// <summary>A worker was let go because it was idle; the next request brings one back.</summary>
    public void Slept(long now)
    {
        _extra--;
        _changed = now;
    }

    /// <summary>The number of workers that there should be.</summary>
    /// <param name="live">Workers that are ready or on the way there.</param>
    /// <param name="starting">Those on the way.</param>
    public int Target(ProcessGroupOptions options, int live, int starting, long now)
    {
        Sum(now);
        _extra = Math.Clamp(_extra, options.MinProcesses - options.Processes, options.MaxProcesses - options.Processes);
        var target = options.Processes + _extra;
        if (Waiting > 0 && live == 0 && target == 0)
        {
            Change(1, now);
        }
        else if (Waiting > 0 && Oldest >= LongWait && starting == 0 && live >= target && target < options.MaxProcesses
            && now - _changed >= Pace)
        {
            Change(1, now);
        }
        else if (_extra > 0 && Waiting == 0 && now - Math.Max(_lastWait, _changed) >= Quiet)
        {
            Change(-1, now);
        }

        return options.Processes + _extra;
    }

    /// <summary>When <see cref="Target"/> may say something else without anything having happened.</summary>
    public long Due(long now) => Waiting > 0 ? now + LongWait
        : _extra > 0 ? Math.Max(now + Pace, Math.Max(_lastWait, _changed) + Quiet) : long.MaxValue;

    private void Change(int by, long now)
    {
        _extra += by;
        _changed = now;
    }

    private void Sum(long now)
    {
        Waiting = 0;
        Oldest = 0;
        foreach (var (process, demand) in _demands)
        {
            var age = now - demand.Told;
            if (age >= Stale)
            {
                _demands.Remove(process);
                continue;
            }

            Waiting += demand.Waiting;
            Oldest = Math.Max(Oldest, demand.Oldest + (uint)age);
        }
    }
}
