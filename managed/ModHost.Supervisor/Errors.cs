namespace ModHost.Supervisor;

/// <summary>Tags of what the supervisor reports; docs/errors.md has the explanations.</summary>
internal static class Errors
{
    /// <summary>Anything that is news, not an error.</summary>
    public const string None = "";

    /// <summary>The configuration cannot be read or understood.</summary>
    public const string Configuration = "MH0701";

    /// <summary>The instance directory, its lock or its sockets cannot be had.</summary>
    public const string Instance = "MH0702";

    /// <summary>A worker was not ready within startup-timeout.</summary>
    public const string StartTimeout = "MH0703";

    /// <summary>A worker ended before it was ready.</summary>
    public const string StartFailed = "MH0704";

    /// <summary>A worker ended although nobody had asked for it.</summary>
    public const string Crashed = "MH0705";

    /// <summary>The breaker: starts or crashes follow each other, so the next start is delayed.</summary>
    public const string Breaker = "MH0706";

    /// <summary>A worker's thread pool does not answer.</summary>
    public const string Starved = "MH0707";

    /// <summary>A worker is replaced because of one of its limits.</summary>
    public const string Recycled = "MH0708";

    /// <summary>A rolling restart was given up; the old version goes on.</summary>
    public const string RollAborted = "MH0709";

    /// <summary>Requests were still running when graceful-timeout was over.</summary>
    public const string DrainTimeout = "MH0710";

    /// <summary>A worker had not stopped within shutdown-timeout and was killed.</summary>
    public const string Killed = "MH0711";

    /// <summary>A process cannot be started.</summary>
    public const string Spawn = "MH0712";

    /// <summary>The warm-up request failed.</summary>
    public const string Warmup = "MH0713";

    /// <summary>A worker broke the protocol, or its control connection.</summary>
    public const string Control = "MH0714";

    /// <summary>A peer at a socket of the supervisor's was refused, or broke the protocol.</summary>
    public const string Peer = "MH0715";

    /// <summary>A log could not be written for a while; lines were dropped.</summary>
    public const string Log = "MH0716";

    /// <summary>The watchdog is gone.</summary>
    public const string WatchdogLost = "MH0717";

    /// <summary>The supervisor was started again and took over what was running.</summary>
    public const string Adopted = "MH0718";

    /// <summary>A command cannot be carried out.</summary>
    public const string Command = "MH0719";

    /// <summary>The web server's workers could not be given a channel.</summary>
    public const string Channel = "MH0720";

    /// <summary>The application stopped by itself.</summary>
    public const string AppStopped = "MH0721";

    /// <summary>A fault inside the supervisor.</summary>
    public const string Internal = "MH0722";

    /// <summary>The number, as it travels in frames.</summary>
    public static uint Number(string tag) =>
        tag.Length == 0 ? 0 : uint.Parse(tag.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture);
}
