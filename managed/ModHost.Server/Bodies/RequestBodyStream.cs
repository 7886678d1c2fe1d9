using System.IO.Pipelines;
using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>The request body as a stream.</summary>
internal sealed class RequestBodyStream(Exchange exchange, RequestBodyReader reader) : BodyStream(exchange)
{
    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        BodyBytes.ReadAsync(reader, buffer, cancellationToken);

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        return reader.CopyToAsync(destination, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
