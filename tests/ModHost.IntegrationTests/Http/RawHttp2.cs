using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Http;

/// <summary>
/// One request on an HTTP/2 connection of its own, with what the platform's client cannot send: trailers. It writes header
/// fields as literals, reads none, and grants no more than the first window.
/// </summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte EndStream = 0x1;
    private const byte Ack = 0x1;
    private const byte EndHeaders = 0x4;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private NetworkStream _stream = null!;

    /// <summary>Sends a request whose body ends with trailers.</summary>
    /// <returns>The body of the answer.</returns>
    public static async Task<string> Post(int port, string path, string body, (string Name, string Value)[] trailers)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        using var client = new RawHttp2();
        await client._socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        client._stream = new NetworkStream(client._socket);
        await client._stream.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), limit.Token);
        await client.Send(Settings, 0, 0, [], limit.Token);
        await client.Send(Headers, EndHeaders, 1,
            Fields([(":method", "POST"), (":scheme", "http"), (":authority", "probe.test"), (":path", path)]), limit.Token);
        await client.Send(Data, 0, 1, Encoding.ASCII.GetBytes(body), limit.Token);
        await client.Send(Headers, EndHeaders | EndStream, 1, Fields(trailers), limit.Token);
        return await client.Answer(limit.Token);
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    private async Task<string> Answer(CancellationToken limit)
    {
        var text = new StringBuilder();
        while (true)
        {
            var (type, flags, stream, payload) = await Receive(limit);
            if (type is Reset or GoAway)
            {
                throw new IOException($"The server sent a frame of type {type}: {Convert.ToHexString(payload)}");
            }

            if (type == Settings && (flags & Ack) == 0)
            {
                await Send(Settings, Ack, 0, [], limit);
            }
            else if (type == Data)
            {
                text.Append(Encoding.ASCII.GetString(payload));
            }

            if (stream == 1 && type is Data or Headers && (flags & EndStream) != 0)
            {
                return text.ToString();
            }
        }
    }

    private async Task Send(byte type, byte flags, int stream, byte[] payload, CancellationToken limit)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame, limit);
    }

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> Receive(CancellationToken limit)
    {
        var head = new byte[9];
        await _stream.ReadExactlyAsync(head, limit);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
        await _stream.ReadExactlyAsync(payload, limit);
        return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }

    // Literals that no table keeps; lengths below 127 are one byte.
    private static byte[] Fields((string Name, string Value)[] fields) =>
        [.. fields.SelectMany(field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
