namespace ModHost.Server.Scheduling;

/// <summary>
/// A thread that looks at the drain loops every few milliseconds while they hold something back: answers that the web
/// server has not been woken for, flushes of an exchange that is corked. What is still there, for the same exchange,
/// two looks later is sent.
/// </summary>
/// <remarks>A thread of its own and no timer: timers run on the very pool that may be blocked.</remarks>
internal static class Watchdog
{
    private const int TickMilliseconds = 5;

    /// <summary>After so many looks that found nothing the thread sleeps until it is roused.</summary>
    private const int IdleTicks = 20;

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

    /// <summary>A loop holds something back. Cheap while there is traffic.</summary>
    public static void Rouse()
    {
        // Either the thread's last look, after its own barrier, sees what is held back, or we see that it sleeps.
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _awake))
        {
            Volatile.Write(ref _awake, true);
            Roused.Set();
        }
    }

    private static void Run()
    {
        var seen = new List<int>();
        for (var idle = 0; ;)
        {
            Thread.Sleep(TickMilliseconds);
            idle = Look(seen) ? 0 : idle + 1;
            if (idle < IdleTicks)
            {
                continue;
            }

            Roused.Reset();
            Volatile.Write(ref _awake, false);
            Interlocked.MemoryBarrier();
            if (!Look(seen))
            {
                Roused.Wait();
            }

            Volatile.Write(ref _awake, true);
            idle = 0;
        }
    }

    /// <summary>Whether any loop holds something back.</summary>
    /// <param name="seen">Of each loop, the turn in which it held something back at the last look; else 0.</param>
    private static bool Look(List<int> seen)
    {
        var holding = false;
        for (var index = 0; ; index++)
        {
            DrainLoop loop;
            lock (Gate)
            {
                if (index == Loops.Count)
                {
                    return holding;
                }

                loop = Loops[index];
            }

            if (seen.Count == index)
            {
                seen.Add(0);
            }

            var turn = loop.Turn;
            var holds = loop.HoldsBack;
            if (holds && seen[index] == turn)
            {
                loop.Unblock(turn);
            }

            holding |= holds;
            seen[index] = holds ? turn : 0;
        }
    }
}
