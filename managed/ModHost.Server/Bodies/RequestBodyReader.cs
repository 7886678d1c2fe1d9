using System.Buffers;
using System.IO.Pipelines;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>
/// The request body as a pipe: the exchange's own pipe, with a limit on its size, and windows granted as bytes are
/// looked at. After an upgrade the body is empty, and another reader gives what the client sends.
/// </summary>
internal sealed class RequestBodyReader(Exchange exchange, bool upgraded, bool live) : PipeReader
{
    /// <summary>Windows smaller than this are gathered: each is a message to the web server.</summary>
    private const int SmallestGrant = 16 * 1024;

    private ReadOnlySequence<byte> _buffer;
    private long _consumed;
    private long _examined;
    private long _ungranted;
    private bool _completed = !live;
    private bool _reading;

    private bool HasIncoming => exchange.HasIncoming && exchange.IsUpgraded == upgraded;

    /// <summary>The exchange has ended.</summary>
    public void Close()
    {
        _completed = true;
        _buffer = default;
    }

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfCompleted();
        if (!HasIncoming)
        {
            result = Nothing();
            return true;
        }

        if (!exchange.StartReading().TryRead(out result))
        {
            return false;
        }

        Observe(result);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (!HasIncoming)
        {
            return new(Nothing());
        }

        var read = exchange.StartReading().ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return Await(read);
        }

        var result = read.Result;
        Observe(result);
        return new(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ThrowIfCompleted();
        if (!_reading)
        {
            throw new InvalidOperationException("No reading operation to complete.");
        }

        _reading = false;
        if (!HasIncoming)
        {
            return;
        }

        var newlyConsumed = _buffer.Slice(0, consumed).Length;
        var newlyExamined = Math.Max(newlyConsumed, _buffer.Slice(0, examined).Length);
        _ungranted += Math.Max(0, _consumed + newlyExamined - _examined);
        _examined = Math.Max(_examined, _consumed + newlyExamined);
        _consumed += newlyConsumed;
        _buffer = default;
        exchange.StartReading().AdvanceTo(consumed, examined);
        if (_ungranted >= SmallestGrant)
        {
            exchange.Grant(_ungranted);
            _ungranted = 0;
        }
    }

    public override void CancelPendingRead()
    {
        if (!_completed && HasIncoming)
        {
            exchange.CancelRead();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        // The pipe itself is completed when the exchange ends: bytes may still come in.
        _completed = true;
    }

    private async ValueTask<ReadResult> Await(ValueTask<ReadResult> read)
    {
        ReadResult result;
        exchange.ReadWaits(+1);
        try
        {
            result = await read.ConfigureAwait(false);
        }
        finally
        {
            if (!_completed)
            {
                exchange.ReadWaits(-1);
            }
        }

        ThrowIfCompleted();
        Observe(result);
        return result;
    }

    private void Observe(ReadResult result)
    {
        _reading = true;
        _buffer = result.Buffer;
        try
        {
            exchange.CheckBodySize(_consumed + result.Buffer.Length);
        }
        catch
        {
            AdvanceTo(result.Buffer.Start, result.Buffer.End);
            throw;
        }

        if (result.IsCompleted)
        {
            exchange.BodyRead();
        }
    }

    private ReadResult Nothing()
    {
        _reading = true;
        return new ReadResult(default, isCanceled: false, isCompleted: true);
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
        {
            throw new InvalidOperationException("Reading is not allowed after reader was completed.");
        }
    }
}
