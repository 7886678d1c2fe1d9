using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>
/// The flush that waits until the web server has sent enough. One at a time, as a pipe has it; its exchange's gate
/// guards it, and continuations run on the thread pool.
/// </summary>
internal sealed class FlushWaiter : IValueTaskSource<FlushResult>
{
    private ManualResetValueTaskSourceCore<FlushResult> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private TaskCompletionSource<FlushResult>? _shared;
    private Exchange? _exchange;
    private CancellationToken _token;

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Waits for <see cref="Complete"/>. Under the gate.</summary>
    public ValueTask<FlushResult> Wait(Exchange exchange, CancellationToken cancellationToken)
    {
        if (IsWaiting)
        {
            // A second writer at the same time: against the rules of a pipe, but streams allow it.
            _shared ??= new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_shared.Task);
        }

        _source.Reset();
        IsWaiting = true;
        _exchange = exchange;
        _token = cancellationToken;
        var task = new ValueTask<FlushResult>(this, _source.Version);
        if (cancellationToken.CanBeCanceled)
        {
            // Never runs the callback here: it would run under the gate. A token that is cancelled by now is seen below.
            _registration = cancellationToken.UnsafeRegister(
                static state => ((FlushWaiter)state!).OnToken(), this);
        }

        return task;
    }

    /// <summary>Lets the waiting flush go. Under the gate.</summary>
    public void Complete(bool cancelled = false)
    {
        if (!IsWaiting)
        {
            return;
        }

        IsWaiting = false;
        _registration.Unregister();
        var result = new FlushResult(cancelled, isCompleted: false);
        _source.SetResult(result);
        Interlocked.Exchange(ref _shared, null)?.SetResult(result);
    }

    /// <summary>Fails the waiting flush because its token fired. Under the gate.</summary>
    public bool Fail()
    {
        if (!IsWaiting || !_token.IsCancellationRequested)
        {
            return false;
        }

        IsWaiting = false;
        _source.SetException(new OperationCanceledException(_token));
        Interlocked.Exchange(ref _shared, null)?.SetResult(new FlushResult(isCanceled: true, isCompleted: false));
        return true;
    }

    /// <summary>Forgets the exchange's last use. Nobody waits.</summary>
    public void Reset()
    {
        _exchange = null;
        _token = default;
        _registration = default;
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnToken() =>
        ThreadPool.UnsafeQueueUserWorkItem(static exchange => exchange?.OnFlushCancelled(), _exchange, preferLocal: false);
}
