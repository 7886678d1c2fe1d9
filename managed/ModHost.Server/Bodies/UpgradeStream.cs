using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>The two directions of an upgraded connection.</summary>
internal sealed class UpgradeStream(Exchange exchange) : BodyStream(exchange)
{
    private readonly RequestBodyReader _reader = new(exchange, upgraded: true, live: true);
    private volatile bool _ended;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>The exchange has ended; its object may be in another use.</summary>
    public void End()
    {
        _ended = true;
        _reader.Close();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        BodyBytes.ReadAsync(_reader, buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        return Wait(Exchange.Write(buffer, cancellationToken));
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        return Wait(Exchange.Flush(cancellationToken)).AsTask();
    }
}
