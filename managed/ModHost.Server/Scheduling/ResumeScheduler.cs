using System.IO.Pipelines;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Scheduling;

/// <summary>
/// Where a pipe's continuations of one exchange run: in the drain loops, corked as its first part was.
/// </summary>
internal sealed class ResumeScheduler(Exchange exchange) : PipeScheduler
{
    public override void Schedule(Action<object?> action, object? state) =>
        ExchangeScheduler.Resume(exchange, action, state);
}
