using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ModHost.Server.Bodies;

/// <summary>Reads from a pipe into memory that a stream's caller gave.</summary>
internal static class BodyBytes
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<int> ReadAsync(
        PipeReader reader, Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (result.IsCanceled)
            {
                reader.AdvanceTo(buffer.Start);
                throw new OperationCanceledException("The read was canceled");
            }

            var length = (int)Math.Min(buffer.Length, destination.Length);
            if (length > 0)
            {
                var slice = buffer.Slice(0, length);
                slice.CopyTo(destination.Span);
                reader.AdvanceTo(slice.End);
                return length;
            }

            reader.AdvanceTo(buffer.Start, destination.IsEmpty ? buffer.Start : buffer.End);
            if (result.IsCompleted || destination.IsEmpty)
            {
                return 0;
            }
        }
    }
}
