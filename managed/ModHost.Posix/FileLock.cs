using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>flock: held as long as any duplicate of the descriptor is open, in whatever process.</summary>
public static class FileLock
{
    private const uint Mode = 0x180;

    /// <summary>Locks a file, made where it is not there; <see langword="null"/>: somebody else holds it.</summary>
    public static Descriptor? TryTake(string path)
    {
        var file = new Descriptor(Libc.Check($"open {path}",
            Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, Mode)));
        if (Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            return file;
        }

        var error = Marshal.GetLastPInvokeError();
        file.Dispose();
        return error == Errno.Again ? null : throw new PosixException($"flock {path}", error);
    }
}
