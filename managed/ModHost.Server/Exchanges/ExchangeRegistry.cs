namespace ModHost.Server.Exchanges;

/// <summary>The exchanges of one server, and how many of them are in use. Any thread.</summary>
internal sealed class ExchangeRegistry
{
    private readonly Lock _lock = new();
    private readonly HashSet<PairedExchange> _exchanges = [];
    private TaskCompletionSource? _idle;
    private int _live;

    /// <summary>Completes when no exchange is in use.</summary>
    public Task Idle
    {
        get
        {
            lock (_lock)
            {
                _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (Volatile.Read(ref _live) == 0)
                {
                    _idle.TrySetResult();
                }

                return _idle.Task;
            }
        }
    }

    public void Add(PairedExchange exchange)
    {
        lock (_lock)
        {
            _exchanges.Add(exchange);
        }
    }

    public void Remove(PairedExchange exchange)
    {
        lock (_lock)
        {
            _exchanges.Remove(exchange);
        }
    }

    public void Entered() => Interlocked.Increment(ref _live);

    public void Left()
    {
        if (Interlocked.Decrement(ref _live) == 0 && Volatile.Read(ref _idle) is not null)
        {
            lock (_lock)
            {
                _idle?.TrySetResult();
            }
        }
    }

    /// <summary>Breaks off what is in use; gives their number.</summary>
    public int AbortAll()
    {
        PairedExchange[] exchanges;
        lock (_lock)
        {
            exchanges = [.. _exchanges];
        }

        var count = 0;
        foreach (var exchange in exchanges)
        {
            if (exchange.AbortForShutdown())
            {
                count++;
            }
        }

        return count;
    }
}
