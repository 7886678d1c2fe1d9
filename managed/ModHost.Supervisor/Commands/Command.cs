using System.Text.Json.Serialization;

namespace ModHost.Supervisor.Commands;

/// <summary>A line at control.sock.</summary>
internal sealed record Command
{
    /// <summary>status, configure, reload, restart, drain, stop, log-level, shutdown.</summary>
    [JsonPropertyName("command")]
    public string Name { get; init; } = "";

    /// <summary>Null: all groups.</summary>
    public string? Group { get; init; }

    public uint? Generation { get; init; }

    /// <summary>Of log-level, as in error_log.</summary>
    public string? Level { get; init; }

    /// <summary>The answer comes when it is done, not when it is begun.</summary>
    public bool Wait { get; init; }
}

/// <summary>The answer to all but status.</summary>
internal sealed record CommandResult
{
    public bool Ok { get; init; }

    /// <summary>"MHnnnn: why not".</summary>
    public string? Error { get; init; }
}

/// <summary>Commands and answers as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(CommandResult))]
internal sealed partial class CommandJson : JsonSerializerContext;
