namespace ModHost.Supervisor.Configuration;

/// <summary>What a worker is told about its application: the payload of the frame CONFIG.</summary>
internal sealed record WorkerConfiguration
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    public required string ContentRoot { get; init; }

    /// <summary>Made, and the worker's own, before the worker starts; null: there is none.</summary>
    public string? StateDirectory { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    public required string Group { get; init; }

    public required int WorkerIndex { get; init; }

    public required int WorkerCount { get; init; }

    /// <summary>Milliseconds, from the start of the process.</summary>
    public required long StartupTimeout { get; init; }

    /// <summary>Milliseconds.</summary>
    public required long ShutdownTimeout { get; init; }

    public required bool DetailedErrors { get; init; }

    public required long MaxRequestBody { get; init; }

    /// <summary>0: no limit.</summary>
    public required int MaxConcurrency { get; init; }

    /// <summary>0: the runtime's own.</summary>
    public required int MinThreads { get; init; }

    /// <summary>The least level that is logged: MODHOST_LOG_*.</summary>
    public required int LogLevel { get; init; }

    /// <summary>Bytes; 0: none.</summary>
    public required long GcHeapLimit { get; init; }
}
