using System.Text.Json;

namespace ModHost.Worker.Process;

/// <summary>What CONFIG says.</summary>
internal sealed record WorkerSettings
{
    public required string Name { get; init; }

    /// <summary>The application's file.</summary>
    public required string Path { get; init; }

    public required string ContentRoot { get; init; }

    public string? StateDirectory { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string Group { get; init; } = "";

    public int WorkerIndex { get; init; }

    public int WorkerCount { get; init; } = 1;

    public TimeSpan ShutdownTimeout { get; init; }

    /// <summary><see langword="null"/>: no limit.</summary>
    public long? MaxRequestBodySize { get; init; }

    /// <summary>0: no limit.</summary>
    public int MaxConcurrency { get; init; }

    /// <summary>0: the runtime's own.</summary>
    public int MinThreads { get; init; }

    /// <summary>MODHOST_LOG_*.</summary>
    public int LogLevel { get; init; }

    /// <summary>Throws <see cref="JsonException"/> and its like for what it cannot understand.</summary>
    public static WorkerSettings Parse(ReadOnlySpan<byte> json)
    {
        using var document = JsonDocument.Parse(json.ToArray());
        var root = document.RootElement;
        var maxBody = Int64(root, "maxRequestBody", -1);
        return new WorkerSettings
        {
            Name = Required(root, "name"),
            Path = Required(root, "path"),
            ContentRoot = Required(root, "contentRoot"),
            StateDirectory = Text(root, "stateDirectory") is { Length: > 0 } directory ? directory : null,
            Addresses = Texts(root, "addresses"),
            Group = Text(root, "group") ?? "",
            WorkerIndex = Int32(root, "workerIndex", 0),
            WorkerCount = Math.Max(1, Int32(root, "workerCount", 1)),
            ShutdownTimeout = TimeSpan.FromMilliseconds(Math.Max(0, Int64(root, "shutdownTimeout", 0))),
            MaxRequestBodySize = maxBody < 0 ? null : maxBody,
            MaxConcurrency = Math.Max(0, Int32(root, "maxConcurrency", 0)),
            MinThreads = Math.Max(0, Int32(root, "minThreads", 0)),
            LogLevel = Math.Clamp(Int32(root, "logLevel", 0), 0, 5),
        };
    }

    private static string Required(JsonElement root, string name) =>
        Text(root, name) ?? throw new FormatException($"{name} is missing");

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    private static int Int32(JsonElement root, string name, int other) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt32() : other;

    private static long Int64(JsonElement root, string name, long other) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : other;

    private static string[] Texts(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(static item => item.GetString() ?? "")]
            : [];
}
