using ModHost.Server.Exchanges;

namespace ModHost.Server.Bodies;

/// <summary>The response body as a stream; each write goes to the client, as a flush does.</summary>
internal sealed class ResponseBodyStream(Exchange exchange, ResponseBodyWriter writer) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // Kestrel names the write here too.
        exchange.ThrowIfSynchronousIsRefused("Write");
        FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = writer.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? Complete(flush) : flush.AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        exchange.ThrowIfSynchronousIsRefused("Write");
        WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        var write = writer.WriteAsync(buffer.AsMemory(offset, count), cancellationToken);
        return write.IsCompletedSuccessfully ? Complete(write) : write.AsTask();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var write = writer.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? new ValueTask(Complete(write)) : new ValueTask(write.AsTask());
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override IAsyncResult BeginWrite(
        byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    private static Task Complete(ValueTask<System.IO.Pipelines.FlushResult> task)
    {
        task.GetAwaiter().GetResult();
        return Task.CompletedTask;
    }
}
