using System.Collections.Concurrent;
using ModHost.Server.Exchanges;
using ModHost.Server.Transport;

namespace ModHost.Server.Scheduling;

/// <summary>
/// One thread-pool work item that runs begun exchanges one after the other, and wakes the web server for all of them
/// together.
/// </summary>
internal sealed class DrainLoop : IThreadPoolWorkItem
{
    /// <summary>After so many exchanges other work of the pool gets its turn.</summary>
    private const int Quantum = 64;

    /// <summary>With more than one processor the web server can begin to send while we go on.</summary>
    private static readonly int WakeEvery = Environment.ProcessorCount == 1 ? Quantum : 8;

    private static readonly ConcurrentQueue<DrainLoop> Pool = new();

    [ThreadStatic]
    private static DrainLoop? _current;

    private IWake? _deferred;
    private int _deferredCount;
    private Exchange? _exchange;
    private long _use;
    private int _turn;
    private volatile bool _unblocked;

    private DrainLoop() => Watchdog.Watch(this);

    /// <summary>The drain loop of this thread, if it is one.</summary>
    public static DrainLoop? Current => _current;

    /// <summary>Changes with every exchange; even while there is none. Read by the watchdog.</summary>
    public int Turn => Volatile.Read(ref _turn);

    /// <summary>Whether sends of this thread may leave the wake to the loop.</summary>
    public bool MayDefer => !_unblocked;

    /// <summary>Whether something waits to be sent, or to be told to the web server. Watchdog.</summary>
    public bool HoldsBack =>
        Volatile.Read(ref _deferred) is not null || Volatile.Read(ref _exchange) is { HoldsBack: true };

    public static DrainLoop Rent() => Pool.TryDequeue(out var loop) ? loop : new DrainLoop();

    /// <summary>A send that will need a wake. The loop's own thread.</summary>
    public void Defer(IWake wake)
    {
        if (!ReferenceEquals(Volatile.Read(ref _deferred), wake))
        {
            Interlocked.Exchange(ref _deferred, wake)?.Wake();
        }

        Watchdog.Rouse();
    }

    public void Execute()
    {
        var left = Quantum;
        do
        {
            ExchangeScheduler.LoopStarted();
            left = Drain(left);
        }
        while (left > 0 && ExchangeScheduler.Linger());

        if (!ExchangeScheduler.IsEmpty)
        {
            ExchangeScheduler.EnsureLoop();
        }

        Pool.Enqueue(this);
    }

    /// <summary>What was deferred goes now. The loop's own thread, or the watchdog.</summary>
    public void Wake()
    {
        _deferredCount = 0;
        if (Volatile.Read(ref _deferred) is not null)
        {
            Interlocked.Exchange(ref _deferred, null)?.Wake();
        }
    }

    /// <summary>The same exchange has held something back for two ticks: it goes now. Watchdog.</summary>
    public void Unblock(int turn)
    {
        _unblocked = true;
        Wake();
        var exchange = Volatile.Read(ref _exchange);
        var use = Volatile.Read(ref _use);
        if (exchange is not null && Turn == turn)
        {
            exchange.Uncork(use);
        }
    }

    /// <returns>How many exchanges may still be run.</returns>
    private int Drain(int left)
    {
        _current = this;
        ExecutionContext? context = null;
        for (; left > 0 && ExchangeScheduler.TryTake(out var work); left--)
        {
            if (!ExchangeScheduler.IsEmpty)
            {
                ExchangeScheduler.EnsureLoop();
            }

            context = work.Exchange.RequestContext;
            ExecutionContext.Restore(context);
            Run(work);
        }

        _current = null;
        Wake();
        if (context is not null)
        {
            ExecutionContext.Restore(DefaultContext.Instance);
        }

        return left;
    }

    private void Run(ExchangeScheduler.Work work)
    {
        var exchange = work.Exchange;
        Volatile.Write(ref _exchange, exchange);
        Volatile.Write(ref _use, exchange.Use);
        _unblocked = false;
        Volatile.Write(ref _turn, _turn + 1);
        if (work.Action is null)
        {
            exchange.Execute();
        }
        else
        {
            exchange.Resume(work.Action, work.State);
        }

        Volatile.Write(ref _turn, _turn + 1);
        Volatile.Write(ref _exchange, null);
        SynchronizationContext.SetSynchronizationContext(null);
        if (++_deferredCount >= WakeEvery)
        {
            Wake();
        }
    }
}
