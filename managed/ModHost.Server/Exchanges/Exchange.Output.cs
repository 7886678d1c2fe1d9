using System.IO.Pipelines;
using ModHost.Server.Bodies;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>The way of the response to the web server.</summary>
/// <remarks>
/// <para>The application writes into blocks of the web server's own memory (<c>_writing</c>; one writer at a time, as a
/// pipe has it). A flush moves them to <c>_ready</c> and sends. While the synchronous part of the application runs the
/// exchange is corked: flushes gather in <c>_ready</c>, so that a response that is complete by then is one send of
/// head, body and end. The cork goes when that part returns with work left, when much has gathered, or when the
/// watchdog finds that it takes long.</para>
/// <para>Both chains, the cork, the flags of what was sent and the window are under <c>_gate</c>: a writer that nobody
/// waits for may go on while another thread ends the exchange.</para>
/// </remarks>
internal abstract partial class Exchange
{
    /// <summary>So much is sent although the exchange is corked.</summary>
    private const int CorkLimit = 128 * 1024;

    /// <inheritdoc cref="CorkLimit" />
    private const int CorkBlocks = 48;

    /// <summary>So much is copied under the gate; the loop may wait for it.</summary>
    private const int CopyAtOnce = 64 * 1024;

    private readonly BlockChain _writing = new();
    private readonly BlockChain _ready = new();
    private readonly FlushWaiter _flush;
    private long _underWay;
    private bool _corked;
    private bool _flushWanted;
    private bool _headSent;
    private bool _ended;
    private bool _broken;

    /// <summary>Whether all of the response was sent, or it was broken off.</summary>
    private bool IsOver => _ended || _broken;

    /// <summary>Whether a flush waits for the cork to go. Watchdog, without the gate.</summary>
    public bool HoldsBack => Volatile.Read(ref _flushWanted) && _corked;

    /// <inheritdoc cref="HttpExchange.Sent" />
    public void Sent(ExchangeTransport transport, int bytes)
    {
        lock (_gate)
        {
            if (!IsUseOf(transport))
            {
                return;
            }

            _underWay = Math.Max(0, _underWay - bytes);
            if (_flush.IsWaiting && _underWay <= _transport.SendWindow / 2)
            {
                _flush.Complete();
            }
        }
    }

    /// <summary>Lifts the cork of use <paramref name="use"/> and sends what it held back. Watchdog.</summary>
    public void Uncork(long use)
    {
        lock (_gate)
        {
            if (_live && Use == use)
            {
                UncorkLocked();
            }
        }
    }

    /// <summary>Runs a part of the application that waited for this exchange, corked. Drain loop.</summary>
    public void Resume(Action<object?> action, object? state)
    {
        long use;
        lock (_gate)
        {
            use = Use;
            _corked = _live;
        }

        action(state);
        Uncork(use);
    }

    /// <summary>The synchronous part is over and the application goes on.</summary>
    protected void Uncork() => Uncork(Use);

    private void UncorkLocked()
    {
        if (!_corked)
        {
            return;
        }

        _corked = false;
        if (_flushWanted && !IsOver)
        {
            SendLocked(SendFlags.Flush);
        }
    }

    /// <summary>Sends what was written, and this behind it. The response has started.</summary>
    private ValueTask<FlushResult> FlushStarted(ReadOnlySpan<byte> more, CancellationToken cancellationToken)
    {
        while (more.Length > CopyAtOnce)
        {
            lock (_gate)
            {
                Copy(more[..CopyAtOnce]);
            }

            more = more[CopyAtOnce..];
        }

        lock (_gate)
        {
            if (!_live)
            {
                return new(new FlushResult(isCanceled: false, isCompleted: true));
            }

            if (IsOver)
            {
                _writing.Return(_transport);
                return new(new FlushResult(isCanceled: false, isCompleted: true));
            }

            Copy(more);
            MoveWritten();
            _flushWanted = true;
            if (_corked && MayGather)
            {
                if (DrainLoop.Current is not null)
                {
                    Watchdog.Rouse();
                }

                return default;
            }

            SendLocked(SendFlags.Flush);
            return _underWay > _transport.SendWindow && !_broken
                ? _flush.Wait(cancellationToken)
                : default;
        }
    }

    /// <summary>Sends the rest and the end. False: the exchange was over already.</summary>
    private bool SendEnd()
    {
        lock (_gate)
        {
            if (IsOver)
            {
                _writing.Return(_transport);
                return false;
            }

            _corked = false;
            MoveWritten();
            SendLocked(SendFlags.End);
            _ended = true;
            _flush.Complete();
            return true;
        }
    }

    /// <summary>Ends the exchange without a complete response; what was flushed before still goes.</summary>
    private void Break(ResetReason reason, bool flush)
    {
        lock (_gate)
        {
            if (IsOver || !_live)
            {
                return;
            }

            if (flush)
            {
                _corked = true;
                UncorkLocked();
            }

            BreakLocked();
            _transport.Reset(reason);
        }
    }

    private void BreakLocked()
    {
        _broken = true;
        _ready.Return(_transport);
        _flush.Complete();
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        if (_live && !IsOver)
        {
            _writing.Write(_transport, bytes);
        }
    }

    private bool MayGather =>
        _ready.Bytes < CorkLimit && _ready.Count < CorkBlocks && _underWay + _ready.Bytes < _transport.SendWindow;

    private void MoveWritten()
    {
        if (_bodyForbidden)
        {
            _writing.Return(_transport);
        }
        else
        {
            _ready.Take(_writing);
        }
    }

    /// <summary>Gives back what was written and not sent.</summary>
    private void DropResponse()
    {
        _writing.Return(_transport);
        _ready.Return(_transport);
    }

    private void EndOutput()
    {
        _underWay = 0;
        _corked = false;
        _flushWanted = false;
        _headSent = false;
        _ended = true;
        _broken = false;
        _bodyFeature = null;
    }
}
