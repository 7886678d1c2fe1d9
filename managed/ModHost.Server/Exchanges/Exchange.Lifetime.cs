using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>Exchanges that end before their time. RequestAborted never fires on the loop's thread.</summary>
internal abstract partial class Exchange : IHttpRequestLifetimeFeature
{
    private CancellationTokenSource? _abort;
    private CancellationToken? _abortSet;
    private bool _aborted;
    private bool _abortPrevented;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get
        {
            if (_abortSet is { } set)
            {
                return set;
            }

            lock (_gate)
            {
                if (_abortPrevented && _abort is null)
                {
                    return CancellationToken.None;
                }

                if (_aborted && _abort is null)
                {
                    return new CancellationToken(canceled: true);
                }

                return (_abort ??= new CancellationTokenSource()).Token;
            }
        }

        set => _abortSet = value;
    }

    void IHttpRequestLifetimeFeature.Abort() => AbortByApplication();

    /// <inheritdoc />
    public sealed override void Abort(ResetReason reason)
    {
        lock (_gate)
        {
            if (!_live || _aborted)
            {
                return;
            }

            // The token first: who waits for a read or a flush goes on only after it was queued.
            FireAbortLocked();
            if (!IsOver)
            {
                BreakLocked();
            }

            AbortBodyLocked(reason);
        }
    }

    /// <summary>The host does not wait longer. False: the exchange is not in use.</summary>
    public bool AbortForShutdown()
    {
        lock (_gate)
        {
            if (!_live)
            {
                return false;
            }
        }

        Break(ResetReason.Shutdown, flush: false);
        Abort(ResetReason.Shutdown);
        return true;
    }

    private void AbortByApplication()
    {
        Log.ApplicationAborted(ConnectionId, TraceIdentifier);
        Break(ResetReason.App, flush: true);
        Abort(ResetReason.App);
    }

    private void FireAbortLocked()
    {
        _aborted = true;
        if (_abort is { } source && !_abortPrevented)
        {
            var firing = new AbortNotice(source, Log, ConnectionId, TraceIdentifier);
            ThreadPool.UnsafeQueueUserWorkItem(firing, preferLocal: false);
        }
    }

    /// <summary>The client has, or will have, its whole answer: that it leaves then is no abort.</summary>
    private void PreventAbort()
    {
        lock (_gate)
        {
            if (!_aborted)
            {
                _abortPrevented = true;
            }
        }
    }

    private void EndLifetime()
    {
        lock (_gate)
        {
            // A source that was cancelled, or is about to be, belongs to whoever holds its token.
            if (_aborted || _abort?.TryReset() == false)
            {
                _abort = null;
            }

            _abortSet = null;
            _aborted = false;
            _abortPrevented = false;
        }
    }
}
