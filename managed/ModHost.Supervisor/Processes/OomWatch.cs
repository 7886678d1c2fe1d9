using System.Globalization;

namespace ModHost.Supervisor.Processes;

/// <summary>
/// Tells whether the kernel has killed a process for want of memory, from the counter of this control group: workers
/// are in the same one. Where that has none, the machine's is taken: beside a SIGKILL it says enough.
/// </summary>
internal sealed class OomWatch
{
    /// <summary>Between two looks: in that time a process that the kernel has killed is gone.</summary>
    public const long Pace = 3_000;

    private readonly string _path;
    private long _claimed;
    private long _seen;
    private long _looked = long.MinValue / 2;

    /// <param name="own">Tells which control groups this process is in.</param>
    /// <param name="root">Where control groups are mounted.</param>
    /// <param name="machine">The counters of the whole machine.</param>
    public OomWatch(string own = "/proc/self/cgroup", string root = "/sys/fs/cgroup", string machine = "/proc/vmstat")
    {
        _path = Find(own, root) ?? machine;
        _claimed = Read();
        _seen = _claimed;
    }

    /// <summary>
    /// Whether it can have been the process that has just ended; each time that it has happened is the end of one.
    /// </summary>
    public bool Happened()
    {
        if (Read() <= _claimed)
        {
            return false;
        }

        _claimed++;
        return true;
    }

    /// <summary>To be called now and then: what nobody has asked for after two looks was none of our processes.</summary>
    public void Look(long now)
    {
        if (now - _looked >= Pace)
        {
            _looked = now;
            _claimed = Math.Max(_claimed, _seen);
            _seen = Read();
        }
    }

    // Version 2: "0::/path"; version 1: "7:memory:/path".
    private static string? Find(string own, string root)
    {
        try
        {
            foreach (var line in File.ReadLines(own))
            {
                var parts = line.Split(':', 3);
                var path = parts is ["0", "", _] ? $"{root}{parts[2]}/memory.events"
                    : parts is [_, "memory", _] ? $"{root}/memory{parts[2]}/memory.oom_control" : null;
                if (path is not null && File.Exists(path))
                {
                    return path;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        return null;
    }

    private long Read()
    {
        try
        {
            foreach (var line in File.ReadLines(_path))
            {
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan(9), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                {
                    return count;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        return 0;
    }
}
