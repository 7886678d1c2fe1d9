using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModHost.Cli.Control;

/// <summary>The answer to "status", as far as it is shown.</summary>
internal sealed record StatusReport
{
    public int Pid { get; set; }

    public double Uptime { get; set; }

    public bool Stopping { get; set; }

    public IReadOnlyList<GroupReport> Groups { get; set; } = [];

    public static StatusReport Read(string json) =>
        JsonSerializer.Deserialize(json, StatusJsonContext.Default.StatusReport)
        ?? throw new CommandException("the supervisor's answer is empty");
}

/// <summary>A process group.</summary>
internal sealed record GroupReport
{
    public string Name { get; set; } = "";

    public string App { get; set; } = "";

    public string State { get; set; } = "";

    /// <summary>Why nothing serves.</summary>
    public string? Error { get; set; }

    /// <summary>Why the newest version does not serve; the one before it does.</summary>
    public string? Refused { get; set; }

    public bool Reloading { get; set; }

    public int Version { get; set; }

    public int Processes { get; set; }

    public long Waiting { get; set; }

    public long OldestWait { get; set; }

    public bool Breaker { get; set; }

    public ulong Requests { get; set; }

    /// <summary>Why workers ended, and how many.</summary>
    public IReadOnlyDictionary<string, long> Ended { get; set; } = new Dictionary<string, long>();

    /// <summary>Of the worker that ended last; null: none has.</summary>
    public EndReport? LastEnd { get; set; }

    public IReadOnlyList<WorkerReport> Workers { get; set; } = [];
}

/// <summary>How a worker has ended.</summary>
internal sealed record EndReport
{
    public string Cause { get; set; } = "";

    public string How { get; set; } = "";

    /// <summary>UTC.</summary>
    public DateTime Time { get; set; }
}

/// <summary>A worker process.</summary>
internal sealed record WorkerReport
{
    public long Id { get; set; }

    public int Index { get; set; }

    public int Pid { get; set; }

    public int Version { get; set; }

    public string State { get; set; } = "";

    /// <summary>Seconds.</summary>
    public double Uptime { get; set; }

    public long InFlight { get; set; }

    public ulong Requests { get; set; }

    public long MedianMicroseconds { get; set; }

    public long Percentile99Microseconds { get; set; }

    public long ResidentBytes { get; set; }

    public long HeapBytes { get; set; }

    public long PoolQueue { get; set; }
}

/// <summary>Read without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatusReport))]
internal sealed partial class StatusJsonContext : JsonSerializerContext;
