using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_frame: what every frame begins with.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="Stream">Of a request; else as the type says.</param>
/// <param name="Value">As the type says.</param>
/// <param name="Flags">As the type says.</param>
/// <param name="Descriptors">How many descriptors the frame takes.</param>
public readonly record struct FrameHeader(
    FrameType Type, int Length = 0, uint Stream = 0, uint Value = 0, byte Flags = 0, ushort Descriptors = 0)
{
    /// <summary>The whole frame: header, payload, zeros.</summary>
    public int FrameSize => FrameLayout.FrameSize(Length);

    /// <summary>Reads a header that nobody has checked; a length above 2³¹ becomes negative.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..FrameLayout.HeaderSize];
        return new FrameHeader(
            (FrameType)source[4],
            BinaryPrimitives.ReadInt32LittleEndian(source),
            BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[12..]),
            source[5],
            BinaryPrimitives.ReadUInt16LittleEndian(source[6..]));
    }

    /// <summary>Writes the 16 bytes.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..FrameLayout.HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(target, Length);
        target[4] = (byte)Type;
        target[5] = Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], Descriptors);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Stream);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Value);
    }

    /// <summary>A whole frame as bytes of its own. For what is rare.</summary>
    public byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var header = this with { Length = payload.Length };
        var frame = new byte[header.FrameSize];
        header.Write(frame);
        payload.CopyTo(frame.AsSpan(FrameLayout.HeaderSize));
        return frame;
    }
}
