using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <content>Files, pipes, accounts.</content>
internal static unsafe partial class Libc
{
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_NOCTTY = 0x100;
    public const int O_APPEND = 0x400;
    public const int O_CLOEXEC = 0x80000;

    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    public const int AT_FDCWD = -100;

    public const int SOCK_DGRAM = 2;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pipe2(int* pair, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx_path(int fd, string path, int flags, uint mask, byte* buffer);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chown(string path, uint user, uint group);

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getrandom(byte* buffer, nint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint sendto(int fd, byte* data, nint length, int flags, byte* address, uint size);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int getpwnam_r(string name, byte* entry, byte* buffer, nint length, byte** result);

    [LibraryImport(Library)]
    public static partial int getpwuid_r(uint user, byte* entry, byte* buffer, nint length, byte** result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int getgrnam_r(string name, byte* entry, byte* buffer, nint length, byte** result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int getgrgid_r(uint group, byte* entry, byte* buffer, nint length, byte** result);
}
