using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Supervisor.Loop;

/// <summary>Who takes the frames of a connection.</summary>
internal interface IFrameHandler
{
    /// <summary>A frame whose header was checked.</summary>
    /// <param name="payload">Until the call returns.</param>
    /// <param name="descriptor">The handler's own, where the type has one.</param>
    /// <exception cref="FormatException">It may not say this, or not now: the connection ends.</exception>
    void Frame(FrameConnection connection, in FrameHeader header, ReadOnlySpan<byte> payload, Descriptor? descriptor);

    /// <summary>What was given to <see cref="Frame"/> will not come again: whatever of it has to be kept is kept.
    /// </summary>
    void Settle();

    /// <summary>The connection is closed.</summary>
    /// <param name="reason">What was wrong; null: the other side has closed it.</param>
    void Closed(FrameConnection connection, string? reason);
}

/// <summary>A Unix socket that carries frames, on the loop. It never waits: what does not fit is sent later.</summary>
internal sealed partial class FrameConnection : IReadyHandler, IDisposable
{
    /// <summary>Who lets more than this wait does not read any more.</summary>
    public const int MostWaiting = 4 << 20;

    private readonly EventLoop _loop;
    private readonly IFrameHandler _handler;
    private readonly FrameDecoder _decoder;
    private readonly bool _peek;
    private readonly long _token;
    private readonly Queue<Outgoing> _outgoing = [];
    private readonly Queue<Descriptor> _received = [];
    private int _waiting;
    private bool _wantsWrite;
    private bool _closed;

    /// <param name="socket">Taken over.</param>
    /// <param name="route">What arrives on it.</param>
    /// <param name="hello">HELLO must come first.</param>
    /// <param name="peek">Frames are taken from the socket only when they were handled, so that a successor finds those
    /// that were not. They carry no descriptors.</param>
    public FrameConnection(
        EventLoop loop, Descriptor socket, FrameRoute route, IFrameHandler handler, bool hello = true,
        bool peek = false)
    {
        _loop = loop;
        Socket = socket;
        _handler = handler;
        _decoder = new FrameDecoder(route, hello);
        _peek = peek;
        _token = loop.Watch(socket, this);
    }

    public Descriptor Socket { get; }

    public bool IsClosed => _closed;

    /// <summary>Sends a frame, now or as soon as it can.</summary>
    /// <param name="descriptors">Taken over.</param>
    public void Send(FrameHeader header, ReadOnlySpan<byte> payload = default, params Descriptor[] descriptors)
    {
        if (_closed)
        {
            Dispose(descriptors);
            return;
        }

        var frame = (header with { Descriptors = (ushort)descriptors.Length }).Frame(payload);
        _outgoing.Enqueue(new Outgoing(frame, descriptors));
        _waiting += frame.Length;
        if (_outgoing.Count == 1)
        {
            Flush();
        }
        else if (_waiting > MostWaiting)
        {
            Close("it does not read");
        }
    }

    /// <param name="number">To a worker: its id.</param>
    public void SendHello(uint generation, uint number = 0)
    {
        Span<byte> payload = stackalloc byte[Hello.Size];
        new Hello(PeerKind.Supervisor, (uint)Environment.ProcessId, generation, number).Write(payload);
        Send(new FrameHeader(FrameType.Hello), payload);
    }

    public void Ready(Readiness ready)
    {
        if ((ready & Readiness.Write) != 0)
        {
            Flush();
        }

        if ((ready & ~Readiness.Write) != 0 && !_closed)
        {
            Receive();
        }
    }

    /// <summary>Ends it, with a reason that the other side is told.</summary>
    public void Close(string? reason, string tag = Errors.Peer)
    {
        if (_closed)
        {
            return;
        }

        if (reason is not null && _outgoing.Count == 0)
        {
            var text = Encoding.UTF8.GetBytes(reason);
            _ = UnixSocket.Send(Socket, new FrameHeader(FrameType.Close, Value: Errors.Number(tag)).Frame(text));
        }

        Dispose();
        _handler.Closed(this, reason);
    }

    /// <summary>Ends it without a word to anybody.</summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _loop.Forget(Socket, _token);
        Socket.Dispose();
        foreach (var outgoing in _outgoing)
        {
            Dispose(outgoing.Descriptors);
        }

        _outgoing.Clear();
        Dispose([.. _received]);
        _received.Clear();
    }

    private static void Dispose(Descriptor[] descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            descriptor.Dispose();
        }
    }

    private void Flush()
    {
        while (_outgoing.TryPeek(out var outgoing))
        {
            var rest = outgoing.Frame.AsSpan(outgoing.Sent);
            var sent = outgoing.Descriptors.Length > 0 && outgoing.Sent == 0
                ? UnixSocket.Send(Socket, rest, Array.ConvertAll(outgoing.Descriptors, static one => one.Number))
                : UnixSocket.Send(Socket, rest);
            if (sent < 0)
            {
                if (sent == -Errno.Again)
                {
                    break;
                }

                DropOutgoing();
                if (sent is not (-Errno.BrokenPipe or -Errno.ConnectionReset))
                {
                    Close($"nothing can be sent: {Errno.Message(-sent)}");
                }

                // Else the other side is gone; what it said last may still be there to read.
                return;
            }

            _waiting -= sent;
            outgoing.Sent += sent;
            if (outgoing.Sent == outgoing.Frame.Length)
            {
                _outgoing.Dequeue();
            }

            Dispose(outgoing.Descriptors);
            outgoing.Descriptors = [];
        }

        WantWrite(_outgoing.Count > 0);
    }

    private void DropOutgoing()
    {
        foreach (var outgoing in _outgoing)
        {
            Dispose(outgoing.Descriptors);
        }

        _outgoing.Clear();
        _waiting = 0;
        WantWrite(false);
    }

    private void WantWrite(bool wanted)
    {
        if (wanted != _wantsWrite)
        {
            _wantsWrite = wanted;
            _loop.Change(Socket, _token, wanted ? Readiness.Read | Readiness.Write : Readiness.Read);
        }
    }

    private sealed class Outgoing(byte[] frame, Descriptor[] descriptors)
    {
        public byte[] Frame { get; } = frame;

        public Descriptor[] Descriptors { get; set; } = descriptors;

        public int Sent { get; set; }
    }
}
