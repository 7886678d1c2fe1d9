using System.Text.Json.Serialization;

namespace ModHost.Supervisor.Commands;

/// <summary>A line at control.sock.</summary>
internal sealed record Command
{
    /// <summary>status, configure, reload, restart, drain, stop, log-level, shutdown.</summary>
    [JsonPropertyName("command")]
    public string? Name { get; set; }

    /// <summary>Null: all groups.</summary>
    public string? Group { get; set; }

    public uint? Generation { get; set; }

    /// <summary>Of log-level, as in error_log.</summary>
    public string? Level { get; set; }

    /// <summary>The answer comes when it is done, not when it is begun.</summary>
    public bool Wait { get; set; }
}

/// <summary>The answer to all but status.</summary>
internal sealed record CommandResult
{
    public bool Ok { get; set; }

    /// <summary>"MHnnnn: why not".</summary>
    public string? Error { get; set; }
}

/// <summary>Commands and answers as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(CommandResult))]
internal sealed partial class CommandJson : JsonSerializerContext;
