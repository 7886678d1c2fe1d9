using ModHost.Posix;

namespace ModHost.Supervisor.Watchdog;

/// <summary>Keeps what has to outlive the supervisor.</summary>
internal interface IKeeper
{
    /// <param name="descriptor">Stays the caller's.</param>
    void Store(string key, Descriptor descriptor);

    void Drop(string key);

    /// <summary>The state, whole.</summary>
    void Save(ReadOnlySpan<byte> state);
}

/// <summary>For a supervisor that runs alone: its workers end with it.</summary>
internal sealed class NoKeeper : IKeeper
{
    public void Store(string key, Descriptor descriptor)
    {
    }

    public void Drop(string key)
    {
    }

    public void Save(ReadOnlySpan<byte> state)
    {
    }
}
