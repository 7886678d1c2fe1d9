using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_group_state: the state of a group as a whole; its name and a text follow.</summary>
/// <param name="State">Ready while any worker is.</param>
/// <param name="Code">The number of the failure's tag, or 0.</param>
/// <param name="NameLength">Bytes of the name.</param>
/// <param name="TextLength">Bytes of the text.</param>
public readonly record struct GroupState(AppState State, uint Code, int NameLength, int TextLength)
{
    /// <summary>sizeof(modhost_group_state).</summary>
    public const int Size = 16;

    /// <summary>Reads one; the lengths are not checked.</summary>
    public static GroupState Read(ReadOnlySpan<byte> source) => new(
        (AppState)BinaryPrimitives.ReadInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[12..]));

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, (int)State);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Code);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], NameLength);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], TextLength);
    }
}
