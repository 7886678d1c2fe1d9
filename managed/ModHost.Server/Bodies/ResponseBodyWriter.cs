using System.IO.Pipelines;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>The pipe in front of the response: bytes are written where the web server will send them from.</summary>
internal sealed class ResponseBodyWriter(Exchange exchange, bool live) : PipeWriter
{
    private bool _completed = !live;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => exchange.UnflushedBytes;

    /// <summary>The application has returned: what it does from now on is a mistake.</summary>
    public void Close() => _completed = true;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return exchange.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return exchange.GetMemory(sizeHint).Span;
    }

    public override void Advance(int bytes)
    {
        ThrowIfCompleted();
        exchange.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        return exchange.Flush(cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        return exchange.Write(source, cancellationToken);
    }

    public override void CancelPendingFlush() => exchange.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (!_completed)
        {
            _completed = true;

            // OnStarting callbacks may make this asynchronous; the exchange awaits them again before it ends.
            exchange.CompleteFromWriter(exception);
        }
    }

    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        if (_completed)
        {
            return default;
        }

        _completed = true;
        return new ValueTask(exchange.CompleteBody(exception));
    }

    /// <summary>Throws where nothing may be written any more.</summary>
    public void ThrowIfCompleted()
    {
        if (_completed || exchange.IsComplete)
        {
            throw new InvalidOperationException("Writing is not allowed after writer was completed.");
        }

        if (exchange.IsUpgraded)
        {
            throw new InvalidOperationException("Cannot write to the response body, the response has been upgraded.");
        }
    }
}
