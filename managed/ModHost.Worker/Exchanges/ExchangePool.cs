using ModHost.Server;

namespace ModHost.Worker.Exchanges;

/// <summary>The exchange objects of a worker that are not in use. The loop takes, any thread gives back.</summary>
internal sealed class ExchangePool(Worker worker, ModHostServer server)
{
    // Each holds a few kilobytes; after a flood most of them go.
    private const int Most = 1024;

    private readonly Lock _gate = new();
    private readonly Stack<WorkerExchange> _idle = new();

    public WorkerExchange Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out var exchange))
            {
                return exchange;
            }
        }

        return new WorkerExchange(worker, server, this);
    }

    public void Return(WorkerExchange exchange)
    {
        lock (_gate)
        {
            if (_idle.Count < Most)
            {
                _idle.Push(exchange);
                return;
            }
        }

        exchange.Http.Forget();
    }
}
