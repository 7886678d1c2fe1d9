using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ModHost.Protocol;

/// <summary>Writes a response head, an informational head or a trailer block.</summary>
/// <remarks>
/// It begins in the memory that it is given and, when that is too small, goes on in memory of its own, which
/// <see cref="Dispose"/> gives back. Values are written as UTF-8; the caller has checked their characters.
/// </remarks>
public ref struct ResponseHeadWriter
{
    /// <summary>Fields of one block.</summary>
    public const int MostFields = ushort.MaxValue;

    private readonly int _capacity;
    private Span<byte> _memory;
    private byte[]? _rented;
    private int _fields;
    private int _end;
    private int _reasonOffset;
    private int _reasonLength;

    /// <summary>Begins a block with at most <paramref name="fields"/> fields.</summary>
    public ResponseHeadWriter(Span<byte> memory, int fields)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)fields, (uint)MostFields);
        _memory = memory;
        _capacity = fields;
        _end = HeadLayout.ResponseSize + (fields * HeadLayout.FieldSize);
        if (memory.Length < _end)
        {
            Grow(0, _end);
        }
    }

    /// <summary>The reason phrase.</summary>
    public void Reason(string reason)
    {
        (_reasonOffset, _reasonLength) = Text(reason);
    }

    /// <summary>A field whose name travels as a number.</summary>
    public void Field(int known, ReadOnlySpan<char> value)
    {
        var at = NextField();
        Entry(at, known, default, Text(value));
    }

    /// <summary>The same with a value that is bytes already.</summary>
    public void Field(int known, ReadOnlySpan<byte> value)
    {
        var at = NextField();
        Entry(at, known, default, Text(value));
    }

    /// <summary>A field whose name travels as text.</summary>
    public void Field(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        var at = NextField();
        var given = Name(name);
        Entry(at, HeaderNumber.Other, given, Text(value));
    }

    /// <summary>The same with a value that is bytes already.</summary>
    public void Field(ReadOnlySpan<char> name, ReadOnlySpan<byte> value)
    {
        var at = NextField();
        var given = Name(name);
        Entry(at, HeaderNumber.Other, given, Text(value));
    }

    /// <summary>
    /// Completes the block. It stays valid until <see cref="Dispose"/> or until the given memory goes.
    /// </summary>
    /// <param name="status">The status; 0 for trailers.</param>
    /// <param name="traits">What is said of the response as a whole.</param>
    /// <param name="contentLength">Bytes of body, or -1: unknown.</param>
    public readonly ReadOnlySpan<byte> Finish(int status, ResponseTraits traits, long contentLength)
    {
        var head = _memory;
        BinaryPrimitives.WriteInt32LittleEndian(head, _end);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.VersionField..], HeadLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.FixedSize..], HeadLayout.ResponseSize);
        BinaryPrimitives.WriteUInt32LittleEndian(head[HeadLayout.Flags..], (uint)traits);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.Response.Status..], (ushort)status);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.Response.HeaderCount..], (ushort)_fields);
        BinaryPrimitives.WriteInt64LittleEndian(head[HeadLayout.Response.ContentLength..], contentLength);
        BinaryPrimitives.WriteInt32LittleEndian(head[HeadLayout.Response.HeadersOffset..], HeadLayout.ResponseSize);
        BinaryPrimitives.WriteUInt32LittleEndian(head[HeadLayout.Response.Reserved..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(head[HeadLayout.Response.Reason..], _reasonOffset);
        BinaryPrimitives.WriteInt32LittleEndian(head[(HeadLayout.Response.Reason + 4)..], _reasonLength);
        return head[.._end];
    }

    /// <summary>Gives back memory of its own.</summary>
    public void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            _memory = default;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private int NextField()
    {
        if (_fields == _capacity)
        {
            throw new InvalidOperationException("More fields than the block was begun for.");
        }

        return HeadLayout.ResponseSize + (_fields++ * HeadLayout.FieldSize);
    }

    private readonly void Entry(int at, int known, (int Offset, int Length) name, (int Offset, int Length) value)
    {
        var entry = _memory.Slice(at, HeadLayout.FieldSize);
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)known);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[HeadLayout.Field.NameLength..], (ushort)name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[HeadLayout.Field.NameOffset..], name.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(entry[HeadLayout.Field.ValueOffset..], value.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(entry[HeadLayout.Field.ValueLength..], value.Length);
    }

    private (int Offset, int Length) Name(ReadOnlySpan<char> name)
    {
        var given = Text(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given.Length, ushort.MaxValue, nameof(name));
        return given;
    }

    private (int Offset, int Length) Text(ReadOnlySpan<byte> text)
    {
        if (_memory.Length - _end < text.Length)
        {
            Grow(_end, checked(_end + text.Length));
        }

        text.CopyTo(_memory[_end..]);
        var offset = _end;
        _end += text.Length;
        return (offset, text.Length);
    }

    private (int Offset, int Length) Text(ReadOnlySpan<char> text)
    {
        int written;
        while (!Encoding.UTF8.TryGetBytes(text, _memory[_end..], out written))
        {
            Grow(_end, checked(_end + Encoding.UTF8.GetMaxByteCount(text.Length)));
        }

        var offset = _end;
        _end += written;
        return (offset, written);
    }

    private void Grow(int used, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, 2 * _memory.Length));
        _memory[..used].CopyTo(larger);
        if (_rented is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        _rented = larger;
        _memory = larger;
    }
}
