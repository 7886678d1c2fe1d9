using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Folders that nobody else can enter, find by their names, or have put there before.</summary>
public static class PrivateDirectory
{
    private const uint Mode = 0x1c0;
    private const int NameBytes = 8;

    /// <summary>Makes one, 0700; its path.</summary>
    public static string Create(string parent, string prefix)
    {
        ArgumentNullException.ThrowIfNull(parent);
        while (true)
        {
            var path = Path.Combine(parent, prefix + RandomText.Hex(NameBytes));
            if (Libc.mkdir(path, Mode) == 0)
            {
                return path;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.Exists)
            {
                throw new PosixException($"mkdir {path}", error);
            }
        }
    }
}
