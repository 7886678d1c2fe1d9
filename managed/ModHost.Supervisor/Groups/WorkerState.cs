namespace ModHost.Supervisor.Groups;

/// <summary>Where a worker is in its life; it only ever moves downwards in this list.</summary>
internal enum WorkerState
{
    /// <summary>The process was started and has not said anything.</summary>
    Spawned,

    /// <summary>It has said HELLO; the application starts.</summary>
    Starting,

    /// <summary>The host has started; the warm-up request is under way.</summary>
    Warming,

    /// <summary>It gets requests.</summary>
    Ready,

    /// <summary>It gets no more requests, and finishes those it has.</summary>
    Draining,

    /// <summary>It was told to stop, or is stopping by itself.</summary>
    Stopping,

    /// <summary>The process has ended.</summary>
    Gone,
}

/// <summary>Why a worker is, or is to be, replaced or stopped.</summary>
internal enum EndCause
{
    None,

    /// <summary>The process ended although nobody had asked for it.</summary>
    Crash,
    StartFailed,
    StartTimeout,
    AppStopped,
    Protocol,
    MaximumRequests,
    RestartInterval,
    Inactivity,
    MemoryLimit,
    Stuck,
    Starved,
    Reload,
    Surplus,
    Command,
    Removed,
    Shutdown,
}

/// <summary>Names of causes for metrics and logs.</summary>
internal static class EndCauses
{
    private static readonly string[] s_names =
    [
        "none", "crash", "start-failed", "start-timeout", "app-stopped", "protocol", "maximum-requests",
        "restart-interval", "inactivity", "memory-limit", "stuck", "starved", "reload", "surplus", "command",
        "removed", "shutdown",
    ];

    public static IReadOnlyList<string> Names => s_names;

    public static string Name(this EndCause cause) => s_names[(int)cause];

    /// <summary>For a sentence "worker is replaced: ...".</summary>
    public static string Sentence(this EndCause cause) => cause switch
    {
        EndCause.MaximumRequests => "it has had maximum-requests",
        EndCause.RestartInterval => "restart-interval has passed",
        EndCause.Inactivity => "it was idle for inactivity-timeout",
        EndCause.MemoryLimit => "its memory is above memory-limit",
        EndCause.Stuck => "a request that timed out did not end",
        EndCause.Starved => "its thread pool does not answer",
        EndCause.Reload => "the group is reloaded",
        EndCause.Surplus => "there are more workers than needed",
        EndCause.Command => "it was told to",
        EndCause.Removed => "its group is no longer configured",
        EndCause.Shutdown => "the web server stops",
        EndCause.AppStopped => "the application stopped by itself",
        EndCause.Protocol => "it broke the protocol",
        EndCause.StartTimeout => "it was not ready within startup-timeout",
        EndCause.StartFailed => "it did not start",
        EndCause.Crash => "it crashed",
        EndCause.None => "",
        _ => cause.ToString(),
    };
}
