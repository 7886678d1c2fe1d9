using ModHost.Server.Scheduling;

namespace ModHost.Worker.Process;

/// <summary>How threads of the pool wait for work in a worker.</summary>
/// <remarks>
/// The pool's threads look for work up to 70 times, giving the processor away each time, before they sleep. That is
/// meant for a process that has processors for itself. A worker shares them with the web server that sends it requests
/// and with the other workers: with all on one processor it was 13 <c>sched_yield</c> per request, and a quarter of a
/// small request's time. One thread lingers instead: see <see cref="Lingering"/>. The application's own choice, in its
/// runtimeconfig.json or environment, stays.
/// </remarks>
internal static class PoolWaiting
{
    // Of System.Private.CoreLib, which reads it when the pool makes its first thread.
    private const string Property = "System.Threading.ThreadPool.UnfairSemaphoreSpinLimit";
    private const string Variable = "ThreadPool_UnfairSemaphoreSpinLimit";

    /// <summary>Before the first use of the pool.</summary>
    public static void SleepAtOnce()
    {
        if (AppContext.GetData(Property) is null && !IsSet($"DOTNET_{Variable}") && !IsSet($"COMPlus_{Variable}"))
        {
            AppContext.SetData(Property, 0);
            Lingering.IsEnabled = true;
        }
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
