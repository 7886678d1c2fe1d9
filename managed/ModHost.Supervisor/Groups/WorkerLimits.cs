using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>What bounds a worker's life. Times are milliseconds, 0 is no limit where one can be absent.</summary>
internal sealed record WorkerLimits
{
    /// <summary>What modhost dev --debug gives a group as its <c>env</c>; the startup hook does it.</summary>
    public const string WaitForDebugger = "MODHOST_WAIT_FOR_DEBUGGER=1";

    public long StartupTimeout { get; init; } = 60_000;

    public long GracefulTimeout { get; init; } = 30_000;

    public long ShutdownTimeout { get; init; } = 10_000;

    /// <summary>Path and query that has to be answered before the worker is ready; empty: none.</summary>
    public string Warmup { get; init; } = "";

    public long RestartInterval { get; init; }

    public ulong MaximumRequests { get; init; }

    public long MemoryLimit { get; init; }

    /// <summary>Somebody looks at it with a debugger, which makes silence no sign of anything.</summary>
    public bool IsDebugged { get; init; }

    /// <param name="options">Of the group.</param>
    /// <param name="jitter">From 0 to 1: workers that began together shall not end together.</param>
    public static WorkerLimits Of(ProcessGroupOptions options, double jitter) => new()
    {
        StartupTimeout = options.StartupTimeout,
        GracefulTimeout = options.GracefulTimeout,
        ShutdownTimeout = options.ShutdownTimeout,
        Warmup = options.Warmup,
        RestartInterval = (long)(options.RestartInterval * (1 + (jitter / 10))),
        MaximumRequests = (ulong)(options.MaximumRequests * (1 + (jitter / 10))),
        MemoryLimit = options.MemoryLimit,
        IsDebugged = options.Env == WaitForDebugger,
    };
}
