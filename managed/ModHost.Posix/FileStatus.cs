using System.Buffers.Binary;

namespace ModHost.Posix;

/// <summary>fstat, as far as it is asked for.</summary>
/// <param name="IsRegular">Whether it is a regular file.</param>
/// <param name="Size">In bytes.</param>
/// <param name="User">Who owns it.</param>
/// <param name="Device">With <paramref name="Node"/>: which file it is.</param>
/// <param name="Node">The inode's number.</param>
public readonly record struct FileStatus(bool IsRegular, long Size, uint User, ulong Device, ulong Node)
{
    private const int TypeMask = 0xf000;
    private const int Regular = 0x8000;

    /// <summary>Of an open file.</summary>
    public static unsafe FileStatus Of(Descriptor file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var buffer = stackalloc byte[256];
        byte empty = 0;
        Libc.Check("statx", Libc.statx(file.Number, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, buffer));

        // struct statx is the same on every machine.
        var status = new ReadOnlySpan<byte>(buffer, 256);
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(status[28..]);
        var device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(status[136..]) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(status[140..]);
        return new FileStatus(
            (mode & TypeMask) == Regular,
            BinaryPrimitives.ReadInt64LittleEndian(status[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[20..]),
            device,
            BinaryPrimitives.ReadUInt64LittleEndian(status[32..]));
    }
}
