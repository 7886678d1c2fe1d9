namespace ModHost.Posix;

/// <summary>Numbers that nobody can guess, from the kernel alone.</summary>
public static unsafe class RandomText
{
    /// <summary>Lower-case hexadecimal digits.</summary>
    public static string Hex(int bytes)
    {
        var buffer = new byte[bytes];
        fixed (byte* start = buffer)
        {
            for (nint at = 0; at < bytes;)
            {
                var count = Libc.getrandom(start + at, bytes - at, 0);
                at += count > 0 ? count : 0;
            }
        }

        return Convert.ToHexStringLower(buffer);
    }
}
