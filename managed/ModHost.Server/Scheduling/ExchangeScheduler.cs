using System.Collections.Concurrent;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Scheduling;

/// <summary>Brings begun exchanges to the thread pool, for all servers of the process.</summary>
/// <remarks>
/// <para>A loop begins exchanges (they enter one queue) and once per turn calls <see cref="Flush"/>. Thread-pool work
/// items, <see cref="DrainLoop"/>, take them out again. Many exchanges share a work item, because queueing one costs
/// more than a small request.</para>
/// <para>What an application waits for at its exchange, a piece of the request body or room to write, comes back the
/// same way, so that what it then writes is gathered and sent like its first part's.</para>
/// <para>What holds:</para>
/// <list type="number">
/// <item>While the queue is not empty, and no drain loop is between two exchanges, a work item waits in the pool
/// (<c>_pending</c> is 1). So an exchange never waits for a handler that blocks: a loop makes sure of the next work
/// item before it enters application code, and the pool sees that there is work and adds threads as it always
/// does.</item>
/// <item><c>_pending</c> is cleared before the queue is looked at, and is set after something was put in: nothing is
/// left lying.</item>
/// <item>Sends from a drain loop's own thread don't wake the web server; the loop does so when it runs out of
/// exchanges, or after some. A handler that blocks delays that by two ticks of the <see cref="Watchdog"/> at
/// most.</item>
/// </list>
/// </remarks>
internal static class ExchangeScheduler
{
    private static readonly ConcurrentQueue<Work> Queue = new();
    private static int _pending;

    /// <summary>Whether something waits.</summary>
    public static bool IsEmpty => Queue.IsEmpty;

    /// <summary>How many wait.</summary>
    public static int Count => Queue.Count;

    /// <summary>An exchange has begun. Loop.</summary>
    public static void Enqueue(Exchange exchange) => Queue.Enqueue(new Work(exchange, null, null));

    /// <summary>An application that waited for its exchange can go on. Any thread; runs nothing here.</summary>
    public static void Resume(Exchange exchange, Action<object?> action, object? state)
    {
        Queue.Enqueue(new Work(exchange, action, state));
        EnsureLoop();
    }

    /// <summary>Makes sure that what waits will run. Loop, once per turn.</summary>
    public static void Flush()
    {
        if (!Queue.IsEmpty)
        {
            EnsureLoop();
        }
    }

    /// <summary>Runs the synchronous part of an exchange on this thread, the loop's own.</summary>
    public static void RunInline(Exchange exchange)
    {
        var before = ExecutionContext.Capture();
        var synchronization = SynchronizationContext.Current;
        ExecutionContext.Restore(exchange.RequestContext);
        exchange.Execute();
        SynchronizationContext.SetSynchronizationContext(synchronization);
        if (before is not null)
        {
            ExecutionContext.Restore(before);
        }
    }

    internal static void EnsureLoop()
    {
        if (Volatile.Read(ref _pending) == 0 && Interlocked.Exchange(ref _pending, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(DrainLoop.Rent(), preferLocal: false);
        }
    }

    /// <summary>
    /// A drain loop has nothing left to do: true, where something came while it lingered. Meanwhile it counts as the
    /// work item that waits.
    /// </summary>
    internal static bool Linger()
    {
        if (!Lingering.IsWorthwhile() || !Queue.IsEmpty || Interlocked.Exchange(ref _pending, 1) != 0)
        {
            return false;
        }

        if (Lingering.WaitForExchange())
        {
            return true;
        }

        LoopStarted();
        return false;
    }

    internal static void LoopStarted() => Interlocked.Exchange(ref _pending, 0);

    internal static bool TryTake(out Work work) => Queue.TryDequeue(out work);

    /// <summary>A begun exchange, or, with an action, one that goes on.</summary>
    internal readonly record struct Work(Exchange Exchange, Action<object?>? Action, object? State);
}
