using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>Exchanges that end before their time. RequestAborted never fires on the loop's thread.</summary>
internal abstract partial class Exchange : IHttpRequestLifetimeFeature
{
    private CancellationTokenSource? _abort;
    private CancellationToken? _abortSet;
    private ResetReason _abortReason;
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

    /// <inheritdoc cref="HttpExchange.Abort" />
    public void Abort(ExchangeTransport transport, ResetReason reason)
    {
        lock (_gate)
        {
            if (IsUseOf(transport))
            {
                AbortLocked(reason);
            }
        }
    }

    /// <summary>The host does not wait longer. False: the exchange is not in use.</summary>
    public bool AbortForShutdown(ExchangeTransport transport)
    {
        lock (_gate)
        {
            if (!IsUseOf(transport))
            {
                return false;
            }

            Break(ResetReason.Shutdown, flush: false);
            AbortLocked(ResetReason.Shutdown);
            return true;
        }
    }

    private void AbortByApplication()
    {
        Log.ApplicationAborted(ConnectionId, TraceIdentifier);
        BreakAndAbort(flush: true);
    }

    /// <summary>The application has ended the exchange, or cannot end it as it should.</summary>
    private void BreakAndAbort(bool flush)
    {
        lock (_gate)
        {
            if (_live)
            {
                Break(ResetReason.App, flush);
                AbortLocked(ResetReason.App);
            }
        }
    }

    private void AbortLocked(ResetReason reason)
    {
        if (_aborted)
        {
            return;
        }

        // The token first: who waits for a read or a flush goes on only after it was queued.
        FireAbortLocked();
        if (!IsOver)
        {
            BreakLocked();
        }

        _abortReason = reason;
        AbortBodyLocked();
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
            _abortReason = ResetReason.None;
            _abortPrevented = false;
        }
    }
}
