namespace ModHost.Supervisor.Groups;

/// <summary>How a worker has ended.</summary>
/// <param name="How">"exited with code 1", "was killed by signal 9 (SIGKILL)".</param>
/// <param name="Time">UTC, for people: nothing is decided by it.</param>
internal sealed record WorkerEnd(int Pid, EndCause Cause, string How, DateTime Time);
