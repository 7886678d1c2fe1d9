using System.Buffers.Binary;
using System.IO.Pipelines;

namespace GrpcWire;

/// <summary>Ends a call with a status of gRPC's.</summary>
internal sealed class CallException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>One call: length-prefixed messages both ways, status in the trailers.</summary>
internal static class Call
{
    private const int PrefixLength = 5;

    public delegate Task Reply(ReadOnlyMemory<byte> message);

    public static RequestDelegate Run(Func<IAsyncEnumerable<byte[]>, Reply, Task> method) => async context =>
    {
        var response = context.Response;
        response.ContentType = "application/grpc";
        response.DeclareTrailer("grpc-status");
        var (status, text) = (0, "");
        try
        {
            // The head goes first: a client that streams waits for it.
            await response.StartAsync();
            await response.BodyWriter.FlushAsync();
            await method(Messages(context.Request.BodyReader), message => Write(response.BodyWriter, message));
        }
        catch (CallException error)
        {
            (status, text) = (error.Status, error.Message);
        }

        response.AppendTrailer("grpc-status", $"{status}");
        response.AppendTrailer("grpc-message", text);
    };

    private static async IAsyncEnumerable<byte[]> Messages(PipeReader reader)
    {
        while (true)
        {
            var prefix = await reader.ReadAtLeastAsync(PrefixLength);
            if (prefix.Buffer.Length < PrefixLength)
            {
                reader.AdvanceTo(prefix.Buffer.End);
                yield break;
            }

            var length = ReadLength(prefix);
            reader.AdvanceTo(prefix.Buffer.Start);
            var whole = await reader.ReadAtLeastAsync(PrefixLength + length);
            if (whole.Buffer.Length < PrefixLength + length)
            {
                throw new CallException(13, "a message broke off");
            }

            var message = new byte[length];
            System.Buffers.BuffersExtensions.CopyTo(whole.Buffer.Slice(PrefixLength, length), message);
            reader.AdvanceTo(whole.Buffer.GetPosition(PrefixLength + length));
            yield return message;
        }
    }

    private static int ReadLength(ReadResult result)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        System.Buffers.BuffersExtensions.CopyTo(result.Buffer.Slice(0, PrefixLength), prefix);
        if (prefix[0] != 0)
        {
            throw new CallException(12, "compression was not offered");
        }

        return checked((int)BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
    }

    private static async Task Write(PipeWriter writer, ReadOnlyMemory<byte> message)
    {
        var span = writer.GetSpan(PrefixLength);
        span[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)message.Length);
        writer.Advance(PrefixLength);
        await writer.WriteAsync(message);
    }
}
