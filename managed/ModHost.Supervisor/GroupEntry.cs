using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;

namespace ModHost.Supervisor;

/// <summary>A group with what belongs to it outside of its decisions.</summary>
internal sealed class GroupEntry(ProcessGroup group, LogTarget log, uint generation)
{
    public ProcessGroup Group { get; } = group;

    public LogTarget Log { get; } = log;

    /// <summary>The last one that had the group.</summary>
    public uint Generation { get; set; } = generation;

    /// <summary>When it was taken out of the configuration.</summary>
    public long RemovedAt { get; set; }

    /// <summary>Of reload-on; null: not watched.</summary>
    public ReloadWatch? Watch { get; private set; } = Watched(group.Spec, null);

    public void Adjust(GroupSpec spec, uint generation)
    {
        Generation = generation;
        Log.Adjust(spec);
        Watch = Watched(spec, Watch);
    }

    private static ReloadWatch? Watched(GroupSpec spec, ReloadWatch? before)
    {
        var path = spec.Options.ReloadOn;
        return path.Length == 0 ? null : path == before?.Path ? before : new ReloadWatch(path);
    }
}
