using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Memory files (memfd) of a size that nobody can change, to be shared with other processes.</summary>
public static class MemoryFile
{
    // F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW
    private const int FixedSize = 0x1 | 0x2 | 0x4;

    /// <summary>Makes one, all zeros, and seals its size.</summary>
    public static Descriptor Create(string name, int size)
    {
        var file = new Descriptor(
            Libc.Check("memfd_create", Libc.memfd_create(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING)));
        try
        {
            Libc.Check("ftruncate", Libc.ftruncate(file.Number, size));
            Libc.Check("F_ADD_SEALS", Libc.fcntl(file.Number, Libc.F_ADD_SEALS, FixedSize));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a descriptor of somebody else's is a memory file of this size for ever.</summary>
    public static bool IsSealed(Descriptor file, int size)
    {
        ArgumentNullException.ThrowIfNull(file);
        var seals = Libc.fcntl(file.Number, Libc.F_GET_SEALS, 0);
        return seals >= 0 && (seals & FixedSize) == FixedSize && FileStatus.Of(file).Size == size;
    }

    internal static PosixException Failure(string call) => new(call, Marshal.GetLastPInvokeError());
}
