using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_hello: the first frame in each direction.</summary>
/// <param name="Kind">Who says it.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Generation">Of the web server's configuration.</param>
/// <param name="Number">A worker's id; a web-server process's index.</param>
/// <param name="Credits">From a worker, on a channel: how many it lends to begin with.</param>
/// <param name="Count">From a web-server process: how many there are.</param>
public readonly record struct Hello(
    PeerKind Kind, uint Pid, uint Generation = 0, uint Number = 0, uint Credits = 0, uint Count = 0)
{
    /// <summary>sizeof(modhost_hello).</summary>
    public const int Size = 32;

    /// <summary>Reads one. False: another magic, version or head version, or an unknown kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out Hello hello)
    {
        hello = default;
        if (source.Length != Size
            || BinaryPrimitives.ReadUInt32LittleEndian(source) != FrameLayout.Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(source[4..]) != FrameLayout.Version
            || BinaryPrimitives.ReadUInt16LittleEndian(source[6..]) != HeadLayout.Version)
        {
            return false;
        }

        hello = new Hello(
            (PeerKind)BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]));
        return hello.Kind is > PeerKind.None and <= PeerKind.Command;
    }

    /// <summary>Writes the payload.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..Size];
        BinaryPrimitives.WriteUInt32LittleEndian(target, FrameLayout.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], FrameLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], HeadLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], (int)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Pid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], Credits);
        BinaryPrimitives.WriteUInt32LittleEndian(target[28..], Count);
    }
}
