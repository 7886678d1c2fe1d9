using System.Text.Json.Serialization;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Watchdog;

/// <summary>What a supervisor leaves for its successor, beside descriptors. Times are of the machine's clock.</summary>
internal sealed record SavedState
{
    public uint Generation { get; init; }

    public uint NextWorker { get; init; }

    public IReadOnlyList<SavedGroup> Groups { get; init; } = [];

    public IReadOnlyList<SavedWorker> Workers { get; init; } = [];
}

/// <summary>A group, as far as its configuration does not tell.</summary>
internal sealed record SavedGroup
{
    public string Name { get; init; } = "";

    public int Version { get; init; }

    public EndCause Halted { get; init; }

    public bool Restarting { get; init; }

    public bool Rolling { get; init; }

    /// <summary>The generation that had it last, for one that was taken out.</summary>
    public uint LastGeneration { get; init; }
}

/// <summary>A worker that runs.</summary>
internal sealed record SavedWorker
{
    public uint Id { get; init; }

    public string Group { get; init; } = "";

    public int Index { get; init; }

    public int Pid { get; init; }

    public int Version { get; init; }

    public string Fingerprint { get; init; } = "";

    public string Affinity { get; init; } = "";

    public WorkerState State { get; init; }

    public long Since { get; init; }

    public long Spawned { get; init; }

    public long ReadyAt { get; init; }

    public EndCause Cause { get; init; }
}

/// <summary>The state as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SavedState))]
internal sealed partial class SavedStateJson : JsonSerializerContext;
