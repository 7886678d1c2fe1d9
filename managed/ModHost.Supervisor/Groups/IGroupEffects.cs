using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>What a group's decisions do to the world. None of it calls back into the group before it returns.</summary>
internal interface IGroupEffects
{
    /// <summary>Starts a process.</summary>
    /// <returns>The worker, spawned; null: it could not be started, and <paramref name="error"/> says why.</returns>
    Worker? Spawn(ProcessGroup group, GroupSpec spec, int index, int version, long now, out string error);

    /// <summary>The web server's processes get channels to this worker.</summary>
    void Offer(ProcessGroup group, Worker worker);

    /// <summary>They shall choose others.</summary>
    void Withdraw(Worker worker);

    /// <summary>It has ended.</summary>
    void Forget(ProcessGroup group, Worker worker, string why);

    /// <summary>The group's status is another one.</summary>
    void Publish(ProcessGroup group);

    /// <summary>Something that has to outlive the supervisor has changed.</summary>
    void Changed(ProcessGroup group);

    /// <param name="tag">Of an error, or empty.</param>
    void Log(ProcessGroup group, Worker? worker, LogLevel level, string tag, string text);
}
