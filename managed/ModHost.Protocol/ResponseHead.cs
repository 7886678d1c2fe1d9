using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>Reads a response head, an informational head or a trailer block. A view.</summary>
public readonly ref struct ResponseHead
{
    private readonly ReadOnlySpan<byte> _block;

    /// <summary>Looks at a block.</summary>
    public ResponseHead(ReadOnlySpan<byte> block) => _block = block;

    /// <summary>The status; 0: the block carries trailers.</summary>
    public int Status => BinaryPrimitives.ReadUInt16LittleEndian(_block[HeadLayout.Response.Status..]);

    /// <summary>What is said of the response as a whole.</summary>
    public ResponseTraits Traits => (ResponseTraits)BinaryPrimitives.ReadUInt32LittleEndian(_block[HeadLayout.Flags..]);

    /// <summary>Bytes of body, or -1: unknown.</summary>
    public long ContentLength => BinaryPrimitives.ReadInt64LittleEndian(_block[HeadLayout.Response.ContentLength..]);

    /// <summary>Number of fields.</summary>
    public int HeaderCount => BinaryPrimitives.ReadUInt16LittleEndian(_block[HeadLayout.Response.HeaderCount..]);

    /// <summary>The reason phrase; empty: the web server's own.</summary>
    public ReadOnlySpan<byte> Reason
    {
        get
        {
            var at = HeadLayout.Response.Reason;
            var length = BinaryPrimitives.ReadInt32LittleEndian(_block[(at + 4)..]);
            return length == 0 ? default : _block.Slice(BinaryPrimitives.ReadInt32LittleEndian(_block[at..]), length);
        }
    }

    /// <summary>One field, by its place.</summary>
    public HeadField Header(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)HeaderCount);
        var table = BinaryPrimitives.ReadInt32LittleEndian(_block[HeadLayout.Response.HeadersOffset..]);
        return new HeadField(_block, table + (index * HeadLayout.FieldSize));
    }

    /// <summary>
    /// Checks everything about a block, also that names are tokens and values hold no control character.
    /// </summary>
    public static bool TryValidate(ReadOnlySpan<byte> block, out HeadError error)
    {
        error = Check(block);
        return error == HeadError.None;
    }

    private static HeadError Check(ReadOnlySpan<byte> memory)
    {
        var error = HeadCheck.Frame(memory, HeadLayout.ResponseSize, out var block);
        if (error != HeadError.None)
        {
            return error;
        }

        var head = new ResponseHead(block);
        if (!NumbersFit(head, block))
        {
            return HeadError.Number;
        }

        if (!HeadCheck.SliceFits(block, HeadLayout.Response.Reason))
        {
            return HeadError.Offset;
        }

        return HeadCheck.HasControl(head.Reason)
            ? HeadError.Text
            : HeadCheck.Fields(block, HeadLayout.Response.HeadersOffset, head.HeaderCount, HeaderText.Strict);
    }

    private static bool NumbersFit(ResponseHead head, ReadOnlySpan<byte> block) =>
        head.Status is 0 or (>= 100 and <= 599)
        && (head.Traits & ~ResponseTraits.NoBody) == 0
        && head.ContentLength >= -1
        && (head.Status >= 200 || head.ContentLength == -1)
        && (head.Status != 0 || BinaryPrimitives.ReadUInt32LittleEndian(block[(HeadLayout.Response.Reason + 4)..]) == 0)
        && BinaryPrimitives.ReadUInt32LittleEndian(block[HeadLayout.Response.Reserved..]) == 0;
}
