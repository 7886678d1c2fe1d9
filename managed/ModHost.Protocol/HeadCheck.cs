using System.Buffers;
using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>How much of the text of header fields a check looks at.</summary>
internal enum HeaderText
{
    /// <summary>Names are there; what they and the values hold is for the reader to judge.</summary>
    Names,

    /// <summary>Names are tokens, values hold no control character but the tab.</summary>
    Strict,
}

/// <summary>Checks that request and response heads have in common.</summary>
internal static class HeadCheck
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(Controls());

    /// <summary>The first eight bytes: size, version, size of the fixed part.</summary>
    /// <param name="memory">The bytes at hand.</param>
    /// <param name="fixedSize">The size of the fixed part.</param>
    /// <param name="block">Those of them that are the block.</param>
    internal static HeadError Frame(ReadOnlySpan<byte> memory, int fixedSize, out ReadOnlySpan<byte> block)
    {
        block = default;
        if (memory.Length < fixedSize)
        {
            return HeadError.Size;
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(memory);
        if (size < (uint)fixedSize || size > (uint)memory.Length)
        {
            return HeadError.Size;
        }

        block = memory[..(int)size];

        if (BinaryPrimitives.ReadUInt16LittleEndian(block[HeadLayout.VersionField..]) != HeadLayout.Version)
        {
            return HeadError.Version;
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(block[HeadLayout.FixedSize..]) == fixedSize
            ? HeadError.None
            : HeadError.Size;
    }

    internal static bool TableFits(ReadOnlySpan<byte> block, uint offset, int count, int entrySize)
    {
        if (count == 0)
        {
            return true;
        }

        var fixedSize = BinaryPrimitives.ReadUInt16LittleEndian(block[HeadLayout.FixedSize..]);
        return offset >= fixedSize
            && offset % 8 == 0
            && (ulong)offset + (ulong)((long)count * entrySize) <= (ulong)block.Length;
    }

    internal static bool SliceFits(ReadOnlySpan<byte> block, int at) =>
        RangeFits(
            block,
            BinaryPrimitives.ReadUInt32LittleEndian(block[at..]),
            BinaryPrimitives.ReadUInt32LittleEndian(block[(at + 4)..]));

    internal static HeadError Fields(ReadOnlySpan<byte> block, int tableField, int count, HeaderText text)
    {
        var table = BinaryPrimitives.ReadUInt32LittleEndian(block[tableField..]);
        if (!TableFits(block, table, count, HeadLayout.FieldSize))
        {
            return HeadError.Offset;
        }

        for (var index = 0; index < count; index++)
        {
            var error = Field(block, (int)table + (index * HeadLayout.FieldSize), text);
            if (error != HeadError.None)
            {
                return error;
            }
        }

        return HeadError.None;
    }

    internal static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenBytes);

    internal static bool HasControl(ReadOnlySpan<byte> value) => value.ContainsAny(ControlBytes);

    private static HeadError Field(ReadOnlySpan<byte> block, int at, HeaderText text)
    {
        var entry = block.Slice(at, HeadLayout.FieldSize);
        var known = BinaryPrimitives.ReadUInt16LittleEndian(entry);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[HeadLayout.Field.NameLength..]);
        if (known >= HeaderNumber.Count)
        {
            return HeadError.Number;
        }

        if ((known != 0) == (nameLength != 0))
        {
            return HeadError.Text;
        }

        var nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(entry[HeadLayout.Field.NameOffset..]);
        var valueOffset = BinaryPrimitives.ReadUInt32LittleEndian(entry[HeadLayout.Field.ValueOffset..]);
        var valueLength = BinaryPrimitives.ReadUInt32LittleEndian(entry[HeadLayout.Field.ValueLength..]);
        if (!RangeFits(block, nameOffset, nameLength) || !RangeFits(block, valueOffset, valueLength))
        {
            return HeadError.Offset;
        }

        if (text == HeaderText.Names)
        {
            return HeadError.None;
        }

        var field = new HeadField(block, at);
        return field.GivenName.ContainsAnyExcept(TokenBytes) || HasControl(field.Value)
            ? HeadError.Text
            : HeadError.None;
    }

    private static bool RangeFits(ReadOnlySpan<byte> block, uint offset, uint length) =>
        length == 0 || (ulong)offset + length <= (ulong)block.Length;

    private static byte[] Controls()
    {
        var controls = new List<byte> { 0x7f };
        for (byte value = 0; value < 0x20; value++)
        {
            if (value != '\t')
            {
                controls.Add(value);
            }
        }

        return [.. controls];
    }
}
