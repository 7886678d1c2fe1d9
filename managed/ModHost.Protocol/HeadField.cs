using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>One header or trailer field of a head block: a view.</summary>
public readonly ref struct HeadField
{
    private readonly ReadOnlySpan<byte> _block;
    private readonly int _at;

    internal HeadField(ReadOnlySpan<byte> block, int at)
    {
        _block = block;
        _at = at;
    }

    /// <summary>A number of <see cref="HeaderNumber"/>, or 0: see <see cref="GivenName"/>.</summary>
    public int Known => BinaryPrimitives.ReadUInt16LittleEndian(_block[(_at + HeadLayout.Field.Known)..]);

    /// <summary>The name as given, where <see cref="Known"/> is 0.</summary>
    public ReadOnlySpan<byte> GivenName
    {
        get
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_block[(_at + HeadLayout.Field.NameLength)..]);
            return length == 0 ? default : _block.Slice(Int32(HeadLayout.Field.NameOffset), length);
        }
    }

    /// <summary>The name, whichever way it travels.</summary>
    public ReadOnlySpan<byte> Name => Known is var known and not 0 ? FieldTable.NameBytes(known) : GivenName;

    /// <summary>The value; raw bytes.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            var length = Int32(HeadLayout.Field.ValueLength);
            return length == 0 ? default : _block.Slice(Int32(HeadLayout.Field.ValueOffset), length);
        }
    }

    /// <summary>Where the value begins; meaningless where it is empty.</summary>
    public int ValueOffset => Int32(HeadLayout.Field.ValueOffset);

    private int Int32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_block[(_at + offset)..]);
}
