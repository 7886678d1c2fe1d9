using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>The response body as a stream; each write goes to the client, as a flush does.</summary>
internal sealed class ResponseBodyStream(Exchange exchange, ResponseBodyWriter writer) : BodyStream(exchange)
{
    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Wait(writer.WriteAsync(buffer, cancellationToken));

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        Wait(writer.FlushAsync(cancellationToken)).AsTask();
}
