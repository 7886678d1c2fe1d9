using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>A user of this machine.</summary>
/// <param name="Name">As it was found, or as it was asked for.</param>
/// <param name="User">Its number.</param>
/// <param name="Group">The user's own.</param>
/// <param name="Home">The home directory; may not exist.</param>
public sealed record Account(string Name, uint User, uint Group, string Home)
{
    private const int BufferSize = 16 * 1024;

    // struct passwd of 64-bit Linux: name 0, passwd 8, uid 16, gid 20, gecos 24, dir 32, shell 40.
    private const int EntrySize = 64;

    /// <summary>Who this process acts as.</summary>
    public static uint Effective => Libc.geteuid();

    /// <summary>By name or number; <see langword="null"/>: there is no such user.</summary>
    public static unsafe Account? Find(string nameOrNumber)
    {
        var entry = stackalloc byte[EntrySize];
        var buffer = new byte[BufferSize];
        fixed (byte* text = buffer)
        {
            byte* found;
            _ = Libc.getpwnam_r(nameOrNumber, entry, text, BufferSize, &found);
            if (found is null && uint.TryParse(nameOrNumber, out var user))
            {
                _ = Libc.getpwuid_r(user, entry, text, BufferSize, &found);
                if (found is null)
                {
                    return new Account(nameOrNumber, user, user, "");
                }
            }

            return found is null ? null : new Account(
                Marshal.PtrToStringUTF8(*(nint*)entry) ?? nameOrNumber,
                *(uint*)(entry + 16),
                *(uint*)(entry + 20),
                Marshal.PtrToStringUTF8(*(nint*)(entry + 32)) ?? "");
        }
    }

    /// <summary>A group's number, by name or number; <see langword="null"/>: there is no such group.</summary>
    public static unsafe uint? FindGroup(string nameOrNumber)
    {
        // struct group of 64-bit Linux: name 0, passwd 8, gid 16, mem 24.
        var entry = stackalloc byte[EntrySize];
        var buffer = new byte[BufferSize];
        fixed (byte* text = buffer)
        {
            byte* found;
            _ = Libc.getgrnam_r(nameOrNumber, entry, text, BufferSize, &found);
            return found is not null ? *(uint*)(entry + 16)
                : uint.TryParse(nameOrNumber, out var group) ? group : null;
        }
    }

    /// <summary>A group's name; <see langword="null"/>: it has none.</summary>
    public static unsafe string? GroupName(uint group)
    {
        var entry = stackalloc byte[EntrySize];
        var buffer = new byte[BufferSize];
        fixed (byte* text = buffer)
        {
            byte* found;
            _ = Libc.getgrgid_r(group, entry, text, BufferSize, &found);
            return found is null ? null : Marshal.PtrToStringUTF8(*(nint*)entry);
        }
    }

    /// <summary>Gives a file to a user.</summary>
    public static void Own(string path, uint user, uint group) =>
        Libc.Check($"chown {path}", Libc.chown(path, user, group));
}
