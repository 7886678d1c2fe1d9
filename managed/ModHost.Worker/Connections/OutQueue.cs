using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Worker.Exchanges;

namespace ModHost.Worker.Connections;

/// <summary>
/// Frames on their way out: small ones side by side in a chunk of memory, large blocks where they are, descriptors
/// before the frame that they belong to. One thread at a time.
/// </summary>
internal sealed class OutQueue
{
    private const int MostVectors = 64;

    private Piece[] _pieces = new Piece[8];
    private int _first;
    private int _end;
    private PinnedBlock? _chunk;
    private Descriptor? _attached;

    public bool IsEmpty => _first == _end;

    /// <summary>Bytes that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next frame to be added brings this descriptor, which is closed when it has left.</summary>
    public void Attach(Descriptor descriptor) => _attached = descriptor;

    /// <summary>
    /// Room for so many bytes, at most <see cref="BlockPool.LargeSize"/>; all of it must be written.
    /// </summary>
    public Span<byte> Reserve(int length)
    {
        var chunk = _chunk;
        if (chunk is null || chunk.Array.Length - chunk.Length < length)
        {
            chunk = NextChunk();
        }

        var start = chunk.Length;
        chunk.Length += length;
        Bytes += length;
        if (_end > _first && _attached is null)
        {
            ref var last = ref _pieces[_end - 1];
            if (ReferenceEquals(last.Array, chunk.Array) && last.Start + last.Length == start)
            {
                last.Length += length;
                return chunk.Array.AsSpan(start, length);
            }
        }

        Add(new Piece { Array = chunk.Array, Start = start, Length = length, Descriptor = _attached });
        _attached = null;
        return chunk.Array.AsSpan(start, length);
    }

    /// <summary>A frame without a payload.</summary>
    public void Write(in FrameHeader header) => header.Write(Reserve(FrameLayout.HeaderSize));

    /// <summary>A frame; the payload is copied.</summary>
    public void Write(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Write(header with { Length = payload.Length });
        Copy(payload);
        Pad(payload.Length);
    }

    /// <summary>Bytes of any length.</summary>
    public void Copy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(bytes.Length, BlockPool.LargeSize / 2);
            bytes[..length].CopyTo(Reserve(length));
            bytes = bytes[length..];
        }
    }

    /// <summary>The zeros behind a payload of this length.</summary>
    public void Pad(int length)
    {
        var zeros = FrameLayout.Padded(length) - length;
        if (zeros > 0)
        {
            Reserve(zeros).Clear();
        }
    }

    /// <summary>Bytes of a block, sent from where they are.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where in it.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="last">The block is given back when these have left.</param>
    public void Append(PinnedBlock block, int start, int length, bool last)
    {
        Bytes += length;
        Add(new Piece { Array = block.Array, Start = start, Length = length, Return = last ? block : null });
    }

    /// <summary>Sends: 0 when all has left, else an <see cref="Errno"/>.</summary>
    public int Send(Descriptor socket)
    {
        while (_first < _end)
        {
            var sent = SendSome(socket);
            if (sent < 0)
            {
                return -sent;
            }

            Leave(sent);
        }

        Reset();
        return 0;
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        for (; _first < _end; _first++)
        {
            Leave(ref _pieces[_first]);
        }

        Reset();
        _attached?.Dispose();
        _attached = null;
    }

    private int SendSome(Descriptor socket)
    {
        ref var first = ref _pieces[_first];
        if (_end - _first == 1 && first.Descriptor is null)
        {
            return UnixSocket.Send(socket, first.Array.AsSpan(first.Start, first.Length));
        }

        // A descriptor travels with the first byte of a call.
        Span<IoVector> vectors = stackalloc IoVector[MostVectors];
        var count = 0;
        for (var i = _first; i < _end && count < MostVectors; i++)
        {
            ref var piece = ref _pieces[i];
            if (count > 0 && piece.Descriptor is not null)
            {
                break;
            }

            vectors[count++] = IoVector.Of(piece.Array, piece.Start, piece.Length);
        }

        return first.Descriptor is { } descriptor
            ? UnixSocket.Send(socket, vectors[..count], [descriptor.Number])
            : UnixSocket.Send(socket, vectors[..count], default);
    }

    /// <summary>So many bytes have left, and a descriptor with the first.</summary>
    private void Leave(int bytes)
    {
        Bytes -= bytes;
        while (_first < _end)
        {
            ref var piece = ref _pieces[_first];
            if (bytes > 0 || piece.Length == 0)
            {
                piece.Descriptor?.Dispose();
                piece.Descriptor = null;
            }

            if (bytes < piece.Length)
            {
                piece.Start += bytes;
                piece.Length -= bytes;
                return;
            }

            bytes -= piece.Length;
            Leave(ref piece);
            _first++;
        }
    }

    private static void Leave(ref Piece piece)
    {
        piece.Descriptor?.Dispose();
        if (piece.Return is { } block)
        {
            BlockPool.Return(block);
        }

        piece = default;
    }

    private void Reset()
    {
        _first = 0;
        _end = 0;
        Bytes = 0;
        if (_chunk is { } chunk)
        {
            _chunk = null;
            BlockPool.Return(chunk);
        }
    }

    private PinnedBlock NextChunk()
    {
        if (_chunk is { } full)
        {
            // Given back when all that was added before this piece has left.
            Add(new Piece { Array = full.Array, Return = full });
        }

        var chunk = BlockPool.Rent(BlockPool.LargeSize);
        chunk.Length = 0;
        return _chunk = chunk;
    }

    private void Add(in Piece piece)
    {
        if (_end == _pieces.Length)
        {
            if (_first > _pieces.Length / 2)
            {
                Array.Copy(_pieces, _first, _pieces, 0, _end - _first);
                Array.Clear(_pieces, _end - _first, _first);
                _end -= _first;
                _first = 0;
            }
            else
            {
                Array.Resize(ref _pieces, _pieces.Length * 2);
            }
        }

        _pieces[_end++] = piece;
    }

    private struct Piece
    {
        public byte[] Array;
        public int Start;
        public int Length;
        public PinnedBlock? Return;
        public Descriptor? Descriptor;
    }
}
