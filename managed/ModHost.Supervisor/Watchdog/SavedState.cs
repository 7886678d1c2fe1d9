using System.Text.Json.Serialization;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Watchdog;

/// <summary>What a supervisor leaves for its successor, beside descriptors. Times are of the machine's clock.</summary>
internal sealed record SavedState
{
    public uint Generation { get; set; }

    public uint NextWorker { get; set; }

    public IReadOnlyList<SavedGroup> Groups { get; set; } = [];

    public IReadOnlyList<SavedWorker> Workers { get; set; } = [];
}

/// <summary>A group, as far as its configuration does not tell.</summary>
internal sealed record SavedGroup
{
    public string Name { get; set; } = "";

    public int Version { get; set; }

    public EndCause Halted { get; set; }

    public bool Restarting { get; set; }

    public bool Rolling { get; set; }

    /// <summary>The generation that had it last, for one that was taken out.</summary>
    public uint LastGeneration { get; set; }
}

/// <summary>A worker that runs.</summary>
internal sealed record SavedWorker
{
    public uint Id { get; set; }

    public string Group { get; set; } = "";

    public int Index { get; set; }

    public int Pid { get; set; }

    public int Version { get; set; }

    public string Fingerprint { get; set; } = "";

    public string Affinity { get; set; } = "";

    public WorkerState State { get; set; }

    public long Since { get; set; }

    public long Spawned { get; set; }

    public long ReadyAt { get; set; }

    public EndCause Cause { get; set; }
}

/// <summary>The state as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SavedState))]
internal sealed partial class SavedStateJson : JsonSerializerContext;
