using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;

namespace ModHost.Worker.Tests.Peers;

/// <summary>A web-server process at the other end of a channel.</summary>
internal sealed class Shim : FramePeer
{
    private readonly Dictionary<int, int> _counts = [];

    public Shim(Descriptor socket, Descriptor page)
        : base(socket, FrameRoute.ChannelToWebServer)
    {
        Begun = new SharedMemory(page, FrameLayout.BegunSize);
        page.Dispose();
    }

    public SharedMemory Begun { get; }

    public Hello Worker { get; private set; }

    /// <summary>Both say HELLO.</summary>
    public void Greet(PeerKind kind = PeerKind.Nginx)
    {
        SendHello(kind);
        Assert.True(Hello.TryRead(Receive(FrameType.Hello).Payload, out var hello));
        Worker = hello;
    }

    public void SendHello(PeerKind kind = PeerKind.Nginx)
    {
        var payload = new byte[Hello.Size];
        new Hello(kind, (uint)Environment.ProcessId, 1, 0, 0, 1).Write(payload);
        Send(new FrameHeader(FrameType.Hello), payload);
    }

    /// <summary>The next number of a slot.</summary>
    public uint Next(int slot = 0)
    {
        var count = FrameLayout.NextCount(_counts.GetValueOrDefault(slot));
        _counts[slot] = count;
        return FrameLayout.Stream(slot, count);
    }

    /// <summary>Sends a REQUEST; gives the stream's number.</summary>
    public uint Request(string target, int slot = 0, int window = 65536) =>
        Request(RequestBlock.Get(target), slot, window);

    public uint Request(RequestBlock request, int slot = 0, int window = 65536)
    {
        var stream = Next(slot);
        Send(new FrameHeader(FrameType.Request, Stream: stream), Start(request.Encode(), window));
        return stream;
    }

    public static byte[] Start(byte[] head, int window = 65536, long maxBody = -1)
    {
        var payload = new byte[RequestStart.Size + head.Length];
        new RequestStart(false, window, maxBody).Write(payload);
        head.CopyTo(payload, RequestStart.Size);
        return payload;
    }

    public void Trailers(uint stream, ReadOnlySpan<byte> head) =>
        Send(new FrameHeader(FrameType.Body, Stream: stream, Flags: FrameLayout.BodyEnd | FrameLayout.BodyTrailers), head);

    public void Body(uint stream, ReadOnlySpan<byte> data, bool end) =>
        Send(new FrameHeader(FrameType.Body, Stream: stream, Flags: end ? (byte)1 : (byte)0), data);

    public void Sent(uint stream, int bytes) =>
        Send(new FrameHeader(FrameType.Sent, Stream: stream, Value: (uint)bytes));

    public void Abort(uint stream, uint reason = 1) =>
        Send(new FrameHeader(FrameType.Abort, Stream: stream, Value: reason));

    public Answer Get(string target, int slot = 0) => ReadAnswer(Request(target, slot));

    /// <summary>Takes a response to its end, and tells of what was sent as a client would take it.</summary>
    public Answer ReadAnswer(uint stream)
    {
        var answer = new Answer();
        while (!answer.IsOver)
        {
            var frame = TryReceive(60_000);
            Assert.True(frame is not null, $"the answer does not end; the connection has ended: {Ended}");
            Assert.Equal(stream, frame.Header.Stream);
            var bytes = answer.Add(frame);
            if (bytes > 0 && !answer.IsOver)
            {
                Sent(stream, bytes);
            }
        }

        return answer;
    }
}
