using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server.Transport;
using ModHost.Worker.Channels;

namespace ModHost.Worker.Exchanges;

/// <summary>The way of the response into frames.</summary>
/// <remarks>
/// What fits into window and quantum becomes one frame at once, without a detour; that is the usual answer. The rest
/// waits in a list, and goes on in later turns of the channel (quantum) or when the client has taken some (window).
/// </remarks>
internal sealed partial class WorkerExchange
{
    /// <summary>Smaller blocks are copied; the price of a vector is about the same.</summary>
    private const int LeastUncopied = BlockPool.SmallSize + 1;

    /// <summary>The longest frame that is put together in one piece.</summary>
    private const int LargestCopy = 16 * 1024;

    private PinnedBlock? _kept;
    private PendingSend? _first;
    private PendingSend? _last;
    private long _underWay;
    private int _turn;
    private int _usedInTurn;
    private bool _waits;
    private bool _upgraded;

    public override ResponseBlock RentBlock(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (sizeHint <= BlockPool.SmallSize && Interlocked.Exchange(ref _kept, null) is { } kept)
        {
            kept.Length = 0;
            kept.Next = null;
            return kept;
        }

        return BlockPool.Rent(sizeHint);
    }

    public override void ReturnBlocks(ResponseBlock chain)
    {
        for (var block = (PinnedBlock?)chain; block is not null;)
        {
            var next = (PinnedBlock?)block.Next;
            GiveBack(block);
            block = next;
        }
    }

    public override SendResult Send(in ResponseSend send)
    {
        var result = SendResult.Ok;
        var channel = _channel;
        var blocks = (PinnedBlock?)send.Blocks;
        var file = send.File is null ? null : Duplicate(send.File);
        if ((send.File is not null && file is null) || send.Head.Length > FrameLayout.LengthMax / 2
            || send.Trailers.Length > FrameLayout.LengthMax / 2)
        {
            result = SendResult.Refused;
            _worker.LogBadResponse(send.File is not null && file is null
                ? "a file cannot be sent: it is not a regular file"
                : "a response head is too large");
        }

        lock (channel.Gate)
        {
            if (_state != State.Open || result != SendResult.Ok)
            {
                Drop(blocks, file);
                if (_state == State.Open)
                {
                    AddReset(ResetReason.App);
                }

                result = result == SendResult.Ok ? SendResult.Detached : result;
            }
            else if (!TrySendWhole(send, blocks, file))
            {
                Add(send, blocks, file);
                if (!_waits)
                {
                    Continue();
                }
            }
        }

        if ((send.Flags & SendFlags.Defer) != 0)
        {
            Loop.FlushLater(channel);
        }
        else
        {
            channel.Flush();
        }

        return result;
    }

    /// <summary>
    /// It is this stream's turn, if the object is still for it. Under the gate of the channel, which asks.
    /// </summary>
    public void TakeTurn(Channel channel, uint stream)
    {
        if (_stream == stream && ReferenceEquals(_channel, channel) && _waits)
        {
            _waits = false;
            Continue();
        }
    }

    /// <summary>Goes on with what waits, as far as quantum and window let it. Under the gate, as all below.</summary>
    private void Continue()
    {
        if (_first is null)
        {
            return;
        }

        while (_first is { } pending)
        {
            if (_state != State.Open)
            {
                DropPending();
                break;
            }

            if (!TryFinish(pending))
            {
                // Out of window: SENT brings it back. Out of quantum: the next turn does.
                if (_underWay < _start.SendWindow)
                {
                    WaitForTurn();
                }

                return;
            }

            _first = pending.Next;
        }

        _last = null;
        if (_released && _state == State.Ended)
        {
            // The server let go of it before all had left. Nothing here is touched from now on.
            _pool.Return(this);
        }
    }

    private void BeginSending()
    {
        _underWay = 0;
        _usedInTurn = 0;
        _waits = false;
        _upgraded = false;
    }

    /// <summary>Body bytes that may leave now.</summary>
    private int Room()
    {
        if (_turn != _channel.Turn)
        {
            _turn = _channel.Turn;
            _usedInTurn = 0;
        }

        return (int)Math.Min(_start.SendWindow - _underWay, FrameLayout.BodyMax - _usedInTurn);
    }

    private void Use(int bytes)
    {
        _underWay += bytes;
        _usedInTurn += bytes;
    }

    private void WaitForTurn()
    {
        if (!_waits)
        {
            _waits = true;
            _channel.AddWaiting(this, _stream);
        }
    }

    /// <summary>The usual case: nothing waits, and all of it fits into one frame.</summary>
    private bool TrySendWhole(in ResponseSend send, PinnedBlock? blocks, Descriptor? file)
    {
        if (_first is not null || file is not null || !send.Trailers.IsEmpty)
        {
            return false;
        }

        var bytes = 0;
        for (var block = blocks; block is not null; block = (PinnedBlock?)block.Next)
        {
            bytes += block.Length;
        }

        if (bytes > 0 && bytes > Room())
        {
            return false;
        }

        if (bytes > 0 || (send.Flags & (SendFlags.Head | SendFlags.End)) != 0)
        {
            WriteWhole(send.Flags, send.Head, blocks, bytes);
            Use(bytes);
            AfterFlags(send.Flags);
        }
        else
        {
            Drop(blocks, null);
        }

        return true;
    }

    private void WriteWhole(SendFlags flags, ReadOnlySpan<byte> head, PinnedBlock? blocks, int bytes)
    {
        var headRoom = FrameLayout.Padded(head.Length);
        var header = new FrameHeader(FrameType.Send, headRoom + bytes, _stream, (uint)head.Length, Wire(flags));
        if (header.FrameSize > LargestCopy)
        {
            WriteHead(header, head);
            Append(blocks, 0, bytes);
            _channel.Out.Pad(bytes);
            return;
        }

        var frame = _channel.Out.Reserve(header.FrameSize);
        header.Write(frame);
        frame = frame[FrameLayout.HeaderSize..];
        head.CopyTo(frame);
        frame[head.Length..headRoom].Clear();
        frame = frame[headRoom..];
        while (blocks is not null)
        {
            var next = (PinnedBlock?)blocks.Next;
            blocks.Array.AsSpan(0, blocks.Length).CopyTo(frame);
            frame = frame[blocks.Length..];
            GiveBack(blocks);
            blocks = next;
        }

        frame.Clear();
    }

    /// <summary>A frame's header, and a response head with its zeros.</summary>
    private void WriteHead(in FrameHeader header, ReadOnlySpan<byte> head)
    {
        _channel.Out.Write(header);
        _channel.Out.Copy(head);
        _channel.Out.Pad(head.Length);
    }

    /// <summary>So many bytes of a chain from <paramref name="offset"/> of its first block; gives the rest.</summary>
    private (PinnedBlock? Block, int Offset) Append(PinnedBlock? block, int offset, int bytes)
    {
        while (block is not null && (bytes > 0 || block.Length == offset))
        {
            var next = (PinnedBlock?)block.Next;
            var length = Math.Min(bytes, block.Length - offset);
            var last = offset + length == block.Length;
            if (length >= LeastUncopied)
            {
                _channel.Out.Append(block, offset, length, last);
            }
            else
            {
                _channel.Out.Copy(block.Array.AsSpan(offset, length));
                if (last)
                {
                    GiveBack(block);
                }
            }

            bytes -= length;
            if (!last)
            {
                return (block, offset + length);
            }

            block = next;
            offset = 0;
        }

        return (block, offset);
    }

    private void Add(in ResponseSend send, PinnedBlock? blocks, Descriptor? file)
    {
        AddPending(new PendingSend
        {
            Flags = send.Flags,
            Head = (send.Flags & SendFlags.Head) != 0 ? send.Head.ToArray() : null,
            Blocks = blocks,
            File = file,
            FileOffset = send.FileOffset,
            FileLength = send.FileLength,
            Trailers = (send.Flags & SendFlags.Trailers) != 0 ? send.Trailers.ToArray() : null,
        });
    }

    private void AddReset(ResetReason reason)
    {
        AddPending(new PendingSend { Reset = reason });
        Continue();
    }

    private void AddPending(PendingSend pending)
    {
        if (_last is null)
        {
            _first = pending;
        }
        else
        {
            _last.Next = pending;
        }

        _last = pending;
    }

    /// <summary>Writes frames of it; false: not all that there is.</summary>
    private bool TryFinish(PendingSend pending)
    {
        if (pending.Reset != ResetReason.None)
        {
            _channel.Out.Write(
                new FrameHeader(FrameType.Reset, Stream: _stream, Value: (uint)pending.Reset));
            End();
            return true;
        }

        SkipEmpty(pending);
        while (pending.Blocks is not null)
        {
            if (!TryWritePiece(pending))
            {
                return false;
            }
        }

        if (pending.File is not null && !TryWriteFile(pending))
        {
            return false;
        }

        WriteRest(pending);
        AfterFlags(pending.Flags);
        return true;
    }

    private static void SkipEmpty(PendingSend pending)
    {
        while (pending.Blocks is { } block && block.Length == pending.Offset)
        {
            pending.Blocks = (PinnedBlock?)block.Next;
            pending.Offset = 0;
            BlockPool.Return(block);
        }
    }

    private bool TryWritePiece(PendingSend pending)
    {
        var room = Math.Max(0, Room());
        if (room == 0 && pending.Head is null)
        {
            return false;
        }

        var bytes = 0;
        var left = pending.Blocks;
        for (var at = pending.Offset; left is not null; left = (PinnedBlock?)left.Next, at = 0)
        {
            var length = Math.Min(left.Length - at, room - bytes);
            bytes += length;
            if (length < left.Length - at)
            {
                break;
            }
        }

        var head = pending.Head ?? [];
        var flags = pending.Flags & (pending.Head is null ? SendFlags.Flush : HeadFlags);
        if (left is null && pending.File is null && pending.Trailers is null)
        {
            flags |= pending.Flags & SendFlags.End;
        }

        WriteHead(
            new FrameHeader(FrameType.Send, FrameLayout.Padded(head.Length) + bytes, _stream, (uint)head.Length,
                Wire(flags)),
            head);
        pending.Head = null;
        (pending.Blocks, pending.Offset) = Append(pending.Blocks, pending.Offset, bytes);
        _channel.Out.Pad(bytes);
        Use(bytes);
        SkipEmpty(pending);
        EndWith(pending, flags);
        return true;
    }

    /// <summary>The end has left with a part of it, so nothing says it again.</summary>
    private void EndWith(PendingSend pending, SendFlags sent)
    {
        if ((sent & SendFlags.End) != 0)
        {
            pending.Flags &= ~SendFlags.End;
            AfterFlags(SendFlags.End);
        }
    }

    /// <summary>A file takes no memory on its way, so it may be longer than the window.</summary>
    private bool TryWriteFile(PendingSend pending)
    {
        if (_underWay > _start.SendWindow)
        {
            return false;
        }

        var head = pending.Head ?? [];
        var flags = (pending.Flags & (pending.Head is null ? SendFlags.Flush : HeadFlags)) | SendFlags.File;
        if (pending.Trailers is null)
        {
            flags |= pending.Flags & SendFlags.End;
        }

        _channel.Out.Attach(pending.File!);
        WriteHead(
            new FrameHeader(FrameType.Send, FrameLayout.Padded(head.Length) + FileRange.Size, _stream,
                (uint)head.Length, Wire(flags), Descriptors: 1),
            head);
        new FileRange(pending.FileOffset, pending.FileLength).Write(_channel.Out.Reserve(FileRange.Size));
        pending.Head = null;
        pending.File = null;
        _underWay += pending.FileLength;
        EndWith(pending, flags);
        return true;
    }

    /// <summary>A head without a body, trailers, or the end alone.</summary>
    private void WriteRest(PendingSend pending)
    {
        if (pending.Head is { } head)
        {
            var flags = pending.Flags & HeadFlags;
            if (pending.Trailers is null)
            {
                flags |= pending.Flags & SendFlags.End;
            }

            _channel.Out.Write(
                new FrameHeader(FrameType.Send, Stream: _stream, Value: (uint)head.Length, Flags: Wire(flags)), head);
            pending.Head = null;
        }
        else if (pending.Trailers is null && (pending.Flags & SendFlags.End) != 0)
        {
            _channel.Out.Write(new FrameHeader(FrameType.Send, Stream: _stream, Flags: Wire(SendFlags.End)));
        }

        if (pending.Trailers is { } trailers)
        {
            _channel.Out.Write(
                new FrameHeader(FrameType.Send, Stream: _stream, Value: (uint)trailers.Length,
                    Flags: Wire(SendFlags.Trailers | SendFlags.End)),
                trailers);
        }
    }

    private void AfterFlags(SendFlags flags)
    {
        if ((flags & SendFlags.Upgrade) != 0)
        {
            _bodyEnded = false;
            _upgraded = true;
        }

        if ((flags & SendFlags.End) != 0)
        {
            End();
        }
    }

    private const SendFlags HeadFlags = SendFlags.Head | SendFlags.Upgrade | SendFlags.Flush;

    private static byte Wire(SendFlags flags) => (byte)((int)flags & FrameLayout.SendAll);

    private void DropPending()
    {
        for (; _first is not null; _first = _first.Next)
        {
            _first.Drop();
        }

        _last = null;
        _waits = false;
    }

    private void Drop(PinnedBlock? blocks, Descriptor? file)
    {
        file?.Dispose();
        if (blocks is not null)
        {
            ReturnBlocks(blocks);
        }
    }

    /// <summary>One block stays with the exchange for its next answer; connections that idle keep none. Any thread.
    /// </summary>
    private void GiveBack(PinnedBlock block)
    {
        if (_upgraded || block.Array.Length != BlockPool.SmallSize
            || Interlocked.CompareExchange(ref _kept, block, null) is not null)
        {
            BlockPool.Return(block);
        }
    }

    private static Descriptor? Duplicate(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        Descriptor? duplicate = null;
        try
        {
            duplicate = Descriptor.Duplicate(file);
            if (FileStatus.Of(duplicate).IsRegular)
            {
                return duplicate;
            }
        }
        catch (PosixException)
        {
            // Too many open files. The response fails, and its application is told.
        }

        duplicate?.Dispose();
        return null;
    }
}
