using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using ModHost.Server.Exchanges;
using ModHost.Server.Scheduling;

namespace ModHost.Server.Bodies;

/// <summary>
/// The flush that waits until the web server has sent enough. One at a time, as a pipe has it; its exchange's gate
/// guards it. Whoever waits goes on in a drain loop, never under the gate.
/// </summary>
internal sealed class FlushWaiter(Exchange exchange) : IValueTaskSource<FlushResult>
{
    private static readonly Action<object?> DeliverAction = static waiter => ((FlushWaiter)waiter!).Deliver();

    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private CancellationTokenRegistration _registration;
    private TaskCompletionSource<FlushResult>? _shared;
    private CancellationToken _token;
    private FlushResult _result;
    private Exception? _failure;
    private volatile bool _delivering;

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Waits for <see cref="Complete"/>. Under the gate.</summary>
    public ValueTask<FlushResult> Wait(CancellationToken cancellationToken)
    {
        if (IsWaiting || _delivering)
        {
            // A second writer at the same time: against the rules of a pipe, but streams allow it.
            _shared ??= new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_shared.Task);
        }

        _source.Reset();
        IsWaiting = true;
        _token = cancellationToken;
        var task = new ValueTask<FlushResult>(this, _source.Version);
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static state => ((FlushWaiter)state!).OnToken(), this);
        }

        return task;
    }

    /// <summary>Lets the waiting flush go. Under the gate.</summary>
    public void Complete(bool cancelled = false)
    {
        if (IsWaiting)
        {
            End(new FlushResult(cancelled, isCompleted: false), null);
        }
    }

    /// <summary>Fails the waiting flush if its token has fired. Under the gate.</summary>
    public bool Fail()
    {
        if (!IsWaiting || !_token.IsCancellationRequested)
        {
            return false;
        }

        End(new FlushResult(isCanceled: true, isCompleted: false), new OperationCanceledException(_token));
        return true;
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void End(FlushResult result, Exception? failure)
    {
        IsWaiting = false;
        _delivering = true;
        _result = result;
        _failure = failure;
        _registration.Unregister();
        _registration = default;
        _token = default;
        ExchangeScheduler.Resume(exchange, DeliverAction, this);
    }

    /// <summary>Runs what waits. Drain loop.</summary>
    private void Deliver()
    {
        var result = _result;
        var failure = _failure;
        _failure = null;
        Interlocked.Exchange(ref _shared, null)?.SetResult(result);
        _delivering = false;
        if (failure is null)
        {
            _source.SetResult(result);
        }
        else
        {
            _source.SetException(failure);
        }
    }

    // Not at once: the token may fire inside UnsafeRegister, under the gate.
    private void OnToken() =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static exchange => exchange.OnFlushCancelled(), exchange, preferLocal: false);
}
