using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Supervisor.Loop;

/// <content>What arrives.</content>
internal sealed partial class FrameConnection
{
    private const int PeekSize = 64 * 1024;
    private const int ReadsPerTurn = 16;

    // One loop, one connection at a time.
    private static readonly byte[] s_peeked = new byte[PeekSize];

    private void Receive()
    {
        for (var i = 0; i < ReadsPerTurn && !_closed; i++)
        {
            var count = _peek && !_decoder.HasPart ? ReceiveWhole() : ReceiveSome();
            if (count == -Errno.Again)
            {
                return;
            }

            if (count <= 0)
            {
                Close(count == 0 || count == -Errno.ConnectionReset ? null : Errno.Message(-count));
                return;
            }
        }
    }

    private int ReceiveSome()
    {
        var count = UnixSocket.Receive(Socket, _decoder.Free(), _received);
        if (count > 0)
        {
            _decoder.Received(count);
            Decode();
            _handler.Settle();
        }

        return count;
    }

    // As many whole frames as are there, handled before they are taken. A part of one is taken: waiting for the rest
    // without taking it would be waiting without sleep.
    private int ReceiveWhole()
    {
        var count = SocketPeek.Peek(Socket, s_peeked);
        var whole = Whole(s_peeked.AsSpan(0, Math.Max(count, 0)));
        if (whole == 0)
        {
            return count <= 0 ? count : ReceiveSome();
        }

        for (var at = 0; at < whole && !_closed;)
        {
            var free = _decoder.Free();
            var piece = Math.Min(free.Length, whole - at);
            s_peeked.AsSpan(at, piece).CopyTo(free);
            _decoder.Received(piece);
            at += piece;
            Decode();
        }

        _handler.Settle();
        if (!_closed)
        {
            _ = UnixSocket.Receive(Socket, s_peeked.AsSpan(0, whole));
        }

        return whole;
    }

    private static int Whole(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes.Length - at >= FrameLayout.HeaderSize)
        {
            var header = FrameHeader.Read(bytes[at..]);
            if (header.Length is < 0 or > FrameLayout.LengthMax || header.FrameSize > bytes.Length - at)
            {
                break;
            }

            at += header.FrameSize;
        }

        return at;
    }

    private void Decode()
    {
        while (!_closed && _decoder.TryRead(out var header, out var payload))
        {
            if (header.Descriptors > _received.Count)
            {
                Close("a descriptor is missing");
                return;
            }

            var descriptor = header.Descriptors > 0 ? _received.Dequeue() : null;
            if (!Handle(header, payload, descriptor))
            {
                return;
            }
        }

        if (_closed)
        {
            return;
        }

        if (_decoder.Error != FrameError.None)
        {
            Close($"bad frame: {_decoder.Error}");
        }
        else if (_received.Count > 0 && !_decoder.HasPart)
        {
            Close("a descriptor that belongs to no frame");
        }
    }

    private bool Handle(in FrameHeader header, ReadOnlySpan<byte> payload, Descriptor? descriptor)
    {
        switch (header.Type)
        {
            case FrameType.Ping:
                Send(new FrameHeader(FrameType.Pong, Value: header.Value));
                return true;
            case FrameType.Pong:
                return true;
            case FrameType.Close:
                var text = Encoding.UTF8.GetString(payload[..Math.Min(payload.Length, 1024)]);
                Dispose();
                _handler.Closed(this, $"the other side closed it: MH{header.Value:0000}: {text}");
                return false;
            default:
                break;
        }

        try
        {
            _handler.Frame(this, header, payload, descriptor);
            return true;
        }
        catch (FormatException exception)
        {
            Close(exception.Message);
            return false;
        }
    }
}
