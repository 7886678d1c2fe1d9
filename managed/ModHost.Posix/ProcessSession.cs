namespace ModHost.Posix;

/// <summary>A process that leads a session, and those that it has started and left in its process group.</summary>
public static class ProcessSession
{
    private const int Kill = 9;

    /// <summary>Ends all of them. The leader must not have been waited for: its number is still its own.</summary>
    public static void End(int leader)
    {
        if (leader > 1)
        {
            _ = Libc.kill(-leader, Kill);
        }
    }
}
