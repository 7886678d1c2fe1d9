namespace ModHost.Supervisor.Groups;

/// <summary>What a worker's life does to its process. None of it blocks or fails: death shows elsewhere.</summary>
internal interface IWorkerEffects
{
    void SendWarmup(string target);

    /// <param name="beat">Comes back with the answer.</param>
    void SendHeartbeat(uint beat);

    /// <summary>No further requests, on any channel.</summary>
    void SendDrain();

    /// <param name="milliseconds">From ApplicationStopping to ApplicationStopped.</param>
    void SendStop(long milliseconds);

    void Kill();

    /// <summary>Whether the process is stopped by a signal, so that nothing can be expected of it.</summary>
    bool IsSuspended();

    /// <summary>Its resident set, as the kernel sees it.</summary>
    long ResidentBytes();

    void Log(LogLevel level, string tag, string text);
}
