using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Tests;

/// <summary>What a worker's life did to its process, as words.</summary>
internal sealed class FakeProcess : IWorkerEffects
{
    public List<string> Done { get; } = [];

    public List<string> Lines { get; } = [];

    public uint Beat { get; private set; }

    public bool Suspended { get; set; }

    public long Resident { get; set; }

    public void SendWarmup(string target) => Done.Add("warmup " + target);

    public void SendHeartbeat(uint beat)
    {
        Beat = beat;
        Done.Add("beat");
    }

    public void SendDrain() => Done.Add("drain");

    public void SendStop(long milliseconds) => Done.Add($"stop {milliseconds}");

    public void Kill() => Done.Add("kill");

    public bool IsSuspended() => Suspended;

    public long ResidentBytes() => Resident;

    public void Log(LogLevel level, string tag, string text) => Lines.Add($"{tag} {text}".Trim());

    /// <summary>What was done since the last time.</summary>
    public string[] Take()
    {
        string[] done = [.. Done];
        Done.Clear();
        return done;
    }
}
