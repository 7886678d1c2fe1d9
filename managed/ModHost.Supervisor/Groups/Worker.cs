using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>One worker process as its group sees it.</summary>
internal sealed class Worker(uint id, int index, int version, GroupSpec spec, WorkerLife life)
{
    /// <summary>Never used twice, by this supervisor or its successors.</summary>
    public uint Id { get; } = id;

    /// <summary>Within the group, from 0; a replacement has its predecessor's.</summary>
    public int Index { get; } = index;

    /// <summary>Of the group, when it was started: a rolling restart replaces all that have a lower one.</summary>
    public int Version { get; } = version;

    public GroupSpec Spec { get; } = spec;

    public WorkerLife Life { get; } = life;

    public int Pid { get; set; }

    /// <summary>What a client's cookie says to come back here.</summary>
    public string Affinity { get; init; } = "";

    /// <summary>The worker that drains when this one is ready.</summary>
    public Worker? Replaces { get; set; }

    /// <summary>Why <see cref="Replaces"/> goes.</summary>
    public EndCause ReplaceCause { get; set; }

    /// <summary>Its failure was dealt with; that its process ends is no more news.</summary>
    public bool Failed { get; set; }

    /// <summary>Since when nothing has happened in it.</summary>
    public long IdleSince { get; set; }

    /// <summary>Web-server processes know of it.</summary>
    public bool Offered { get; set; }

    public WorkerState State => Life.State;
}
