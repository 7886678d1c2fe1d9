using System.Globalization;

namespace ModHost.Supervisor.Processes;

/// <summary>
/// Tells whether the kernel has killed a process for want of memory, from the counter of this control group: workers
/// are in the same one. Where that has none, the machine's is taken: beside a SIGKILL it says enough.
/// </summary>
internal sealed class OomWatch
{
    private const string Root = "/sys/fs/cgroup";

    private readonly string _path;
    private long _kills;

    public OomWatch()
    {
        _path = Find();
        _kills = Read();
    }

    /// <summary>Whether there was one since the last question.</summary>
    public bool Happened()
    {
        var kills = Read();
        var more = kills > _kills;
        _kills = kills;
        return more;
    }

    private const string WholeMachine = "/proc/vmstat";

    // Version 2: "0::/path"; version 1: "7:memory:/path".
    private static string Find()
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/self/cgroup"))
            {
                var parts = line.Split(':', 3);
                var path = parts is ["0", "", _] ? $"{Root}{parts[2]}/memory.events"
                    : parts is [_, "memory", _] ? $"{Root}/memory{parts[2]}/memory.oom_control" : null;
                if (path is not null && File.Exists(path))
                {
                    return path;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        return WholeMachine;
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
