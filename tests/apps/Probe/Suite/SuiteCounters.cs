using System.Globalization;

namespace Probe.Suite;

/// <summary>What the scenarios count, as the stub counts it.</summary>
internal static class SuiteCounters
{
    private static long s_begun;
    private static long s_released;
    private static long s_aborts;
    private static long s_peak;

    public static void Begin(HttpContext context)
    {
        Interlocked.Increment(ref s_begun);

        // Never disposed of: a request may end before its token's callbacks have had their turn.
        context.RequestAborted.Register(static () => Interlocked.Increment(ref s_aborts));
    }

    public static void End() => Interlocked.Increment(ref s_released);

    /// <summary>So many bytes of a request body were waiting for the application.</summary>
    public static void Waiting(long bytes)
    {
        for (var seen = Interlocked.Read(ref s_peak); bytes > seen; seen = Interlocked.Read(ref s_peak))
        {
            Interlocked.CompareExchange(ref s_peak, bytes, seen);
        }
    }

    // Bytes beyond a window and calls after a release do not come as far as an application.
    public static string Write() => string.Create(CultureInfo.InvariantCulture,
        $"begun {s_begun}\nlive {s_begun - s_released - 1}\naborts {s_aborts}\noverflow 0\nlate 0\npeak {s_peak}\n"
        + $"pid {Environment.ProcessId}\n");
}
