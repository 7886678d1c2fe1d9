using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_file_range: the part of a file that a SEND with MODHOST_SEND_FILE is about.</summary>
public readonly record struct FileRange(long Offset, long Length)
{
    /// <summary>sizeof(modhost_file_range).</summary>
    public const int Size = 16;

    /// <summary>Reads one.</summary>
    public static FileRange Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64LittleEndian(source), BinaryPrimitives.ReadInt64LittleEndian(source[8..]));

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, Offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Length);
    }
}
