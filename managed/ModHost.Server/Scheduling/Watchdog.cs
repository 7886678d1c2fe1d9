namespace ModHost.Server.Scheduling;

/// <summary>
/// A thread that looks at the drain loops every few milliseconds while there is traffic. Where one has been in the same
/// exchange for two looks, it sends what that loop holds back.
/// </summary>
/// <remarks>A thread of its own and no timer: timers run on the very pool that may be blocked.</remarks>
internal static class Watchdog
{
    private const int TickMilliseconds = 5;

    private static readonly Lock Gate = new();
    private static readonly List<DrainLoop> Loops = [];
    private static readonly ManualResetEventSlim Roused = new(false, 0);
    private static bool _awake;
    private static Thread? _thread;

    /// <summary>A loop object was made; it lives as long as the process.</summary>
    public static void Watch(DrainLoop loop)
    {
        lock (Gate)
        {
            Loops.Add(loop);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "ModHost watchdog" };
                _thread.UnsafeStart();
            }
        }
    }

    /// <summary>A loop begins an exchange; its turn has just been changed with a full fence.</summary>
    public static void Rouse()
    {
        // Because of that fence, either the thread sees the turn in its last look, or we see that it is not awake.
        if (!Volatile.Read(ref _awake))
        {
            Volatile.Write(ref _awake, true);
            Roused.Set();
        }
    }

    private static void Run()
    {
        var seen = new List<int>();
        while (true)
        {
            Thread.Sleep(TickMilliseconds);
            if (Look(seen))
            {
                continue;
            }

            // Nothing moves, and what runs holds nothing back.
            Roused.Reset();
            Volatile.Write(ref _awake, false);
            Interlocked.MemoryBarrier();
            if (!Look(seen))
            {
                Roused.Wait();
            }

            Volatile.Write(ref _awake, true);
        }
    }

    /// <summary>Whether any loop runs an exchange or has run one since the last look.</summary>
    private static bool Look(List<int> seen)
    {
        var active = false;
        for (var index = 0; ; index++)
        {
            DrainLoop loop;
            lock (Gate)
            {
                if (index == Loops.Count)
                {
                    return active;
                }

                loop = Loops[index];
            }

            if (seen.Count == index)
            {
                seen.Add(0);
            }

            var turn = loop.Turn;
            var running = (turn & 1) != 0;
            if (running && seen[index] == turn && !loop.IsUnblocked)
            {
                loop.Unblock(turn);
            }

            active |= seen[index] != turn || (running && !loop.IsUnblocked);
            seen[index] = turn;
        }
    }
}
