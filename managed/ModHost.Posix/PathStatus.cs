using System.Buffers.Binary;

namespace ModHost.Posix;

/// <summary>stat: which file a path leads to, and when it was changed.</summary>
/// <param name="Device">With <paramref name="Node"/>: which file it is.</param>
/// <param name="Node">The inode's number.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Modified">Nanoseconds since 1970.</param>
/// <param name="Changed">The same, of the inode.</param>
/// <param name="User">Who owns it.</param>
/// <param name="Group">Its group.</param>
public readonly record struct PathStatus(ulong Device, ulong Node, long Size, long Modified, long Changed, uint User, uint Group)
{
    /// <summary>Of what a path leads to, through links; <see langword="null"/>: nothing, or nothing that can be seen.
    /// </summary>
    public static unsafe PathStatus? Of(string path)
    {
        var buffer = stackalloc byte[256];
        if (Libc.statx_path(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, buffer) != 0)
        {
            return null;
        }

        // struct statx is the same on every machine.
        var status = new ReadOnlySpan<byte>(buffer, 256);
        var device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(status[136..]) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(status[140..]);
        return new PathStatus(
            device,
            BinaryPrimitives.ReadUInt64LittleEndian(status[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(status[40..]),
            Time(status[112..]),
            Time(status[96..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[24..]));
    }

    private static long Time(ReadOnlySpan<byte> time) =>
        (BinaryPrimitives.ReadInt64LittleEndian(time) * 1_000_000_000)
        + BinaryPrimitives.ReadUInt32LittleEndian(time[8..]);
}
