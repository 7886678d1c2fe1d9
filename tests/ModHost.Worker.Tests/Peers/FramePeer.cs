using System.Diagnostics;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Worker.Tests.Peers;

/// <summary>The other end of a connection, on the test's own thread: whatever it wants to send, and waits.</summary>
internal class FramePeer(Descriptor socket, FrameRoute route) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly FrameDecoder _decoder = new(route);
    private readonly Queue<Descriptor> _descriptors = new();

    public Descriptor Socket => socket;

    /// <summary>The worker has closed the connection.</summary>
    public bool Ended { get; private set; }

    public void Send(FrameHeader header, ReadOnlySpan<byte> payload = default, params int[] descriptors) =>
        SendBytes(header.Frame(payload), descriptors);

    public void Send(FrameHeader header, string payload) => Send(header, Encoding.UTF8.GetBytes(payload));

    /// <summary>Any bytes at all.</summary>
    public void SendBytes(ReadOnlySpan<byte> bytes, params int[] descriptors)
    {
        while (!bytes.IsEmpty)
        {
            var sent = UnixSocket.Send(socket, bytes, descriptors);
            if (sent == -Errno.Again)
            {
                var room = UnixSocket.Wait(socket, write: true, (int)s_patience.TotalMilliseconds);
                Assert.True(room, "the worker does not read");
                continue;
            }

            if (sent < 0)
            {
                // It has closed: what it said before is still there to be read.
                Assert.Contains(-sent, new[] { Errno.BrokenPipe, Errno.ConnectionReset });
                return;
            }

            bytes = bytes[sent..];
            descriptors = [];
        }
    }

    /// <summary>The next frame, or none: the connection has ended, or nothing comes for so long.</summary>
    public Frame? TryReceive(int milliseconds)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (_decoder.TryRead(out var header, out var payload))
            {
                var descriptors = Enumerable.Range(0, header.Descriptors).Select(_ => _descriptors.Dequeue()).ToArray();
                return new Frame(header, payload.ToArray(), descriptors);
            }

            Assert.Equal(FrameError.None, _decoder.Error);
            var left = milliseconds - (int)clock.ElapsedMilliseconds;
            if (Ended || left <= 0 || !UnixSocket.Wait(socket, write: false, left))
            {
                return null;
            }

            var received = UnixSocket.Receive(socket, _decoder.Free(), _descriptors);
            if (received > 0)
            {
                _decoder.Received(received);
            }
            else if (received != -Errno.Again)
            {
                Ended = true;
            }
        }
    }

    /// <summary>The next frame, which must be of this type.</summary>
    public Frame Receive(FrameType type)
    {
        var frame = TryReceive((int)s_patience.TotalMilliseconds);
        Assert.True(frame is not null, $"{type} did not come; ended: {Ended}");
        Assert.True(frame.Type == type, $"{type} was expected, and not {frame} {frame.Text}");
        return frame;
    }

    /// <summary>Frames up to the first of this type; the others are given back too.</summary>
    public Frame ReceiveUntil(FrameType type, List<Frame>? others = null)
    {
        while (true)
        {
            var frame = TryReceive((int)s_patience.TotalMilliseconds);
            Assert.True(frame is not null, $"{type} did not come; ended: {Ended}");
            if (frame.Type == type)
            {
                return frame;
            }

            others?.Add(frame);
        }
    }

    /// <summary>CLOSE comes with this tag (other frames may come before it), and then the end.</summary>
    public void ReceiveClose(string tag)
    {
        var close = ReceiveUntil(FrameType.Close);
        Assert.Equal(tag, $"MH{close.Header.Value:D4}");
        Assert.NotEqual("", close.Text);
        Assert.Null(TryReceive((int)s_patience.TotalMilliseconds));
        Assert.True(Ended);
    }

    /// <summary>Whether nothing comes for a moment.</summary>
    public void ReceiveNothing(int milliseconds = 50) => Assert.Null(TryReceive(milliseconds));

    public void Dispose()
    {
        socket.Dispose();
        while (_descriptors.TryDequeue(out var descriptor))
        {
            descriptor.Dispose();
        }
    }
}
