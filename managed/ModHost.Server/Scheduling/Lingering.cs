using System.Diagnostics;

namespace ModHost.Server.Scheduling;

/// <summary>
/// What a drain loop does with its thread when nothing is left: for a moment it looks out for more, so that the next
/// request finds a thread that is awake and a processor that does not sleep.
/// </summary>
/// <remarks>
/// The pool's own threads do so too, each of them, and without seeing whether anybody else wants the processor. Where
/// workers and web server share processors that costs more than it brings, so a worker has its pool sleep at once, and
/// one thread lingers here: as long as it has the processor to itself, or what runs in between brings work.
/// </remarks>
public static class Lingering
{
    /// <summary>Turns of others that brought nothing; the web server, the client and the loop need about one
    /// each.</summary>
    private const int PatienceWithOthers = 3;

    private static readonly double Microsecond = Stopwatch.Frequency / 1e6;

    /// <summary>A yield that took longer has let somebody else run; one that does not takes 0.3 µs.</summary>
    private static readonly double Unshared = 2 * Microsecond;

    /// <summary>A client that waits for one answer at a time leaves more than that.</summary>
    private static readonly double Enough = 5 * Microsecond;

    /// <summary>About what it costs to wake a thread that sleeps, and its processor.</summary>
    private static readonly double Limit = 50 * Microsecond;

    /// <summary>
    /// So many drain loops in a row do not linger, at most. Each time that others had the processor nearly all the
    /// time the pause grows fourfold.
    /// </summary>
    private const int LongestPause = 256;

    // Turns: of the latest pause, and what is left of it.
    private static int s_pause;
    private static int s_paused;

    /// <summary>Set before the first exchange, if at all.</summary>
    public static bool IsEnabled { get; set; }

    /// <summary>Whether to try. Drain loop; several at once may miscount, which does no harm.</summary>
    internal static bool IsWorthwhile()
    {
        if (s_paused > 0)
        {
            s_paused--;
            return false;
        }

        return IsEnabled;
    }

    /// <summary>Whether an exchange waits now. Drain loop, with nothing held back.</summary>
    internal static bool WaitForExchange()
    {
        var alone = 0L;
        var others = 0;
        var found = false;
        var before = Stopwatch.GetTimestamp();
        while (!found && others <= PatienceWithOthers && alone < Limit && ThreadPool.PendingWorkItemCount == 0)
        {
            _ = Thread.Yield();
            found = !ExchangeScheduler.IsEmpty;
            var now = Stopwatch.GetTimestamp();
            if (now - before < Unshared)
            {
                alone += now - before;
            }
            else
            {
                others++;
            }

            before = now;
        }

        // With a client that waits for one answer at a time nearly every try has enough; with many clients few have.
        s_pause = alone < Enough ? Math.Clamp(s_pause * 4, 1, LongestPause) : s_pause / 2;
        s_paused = s_pause;

        return found;
    }
}
