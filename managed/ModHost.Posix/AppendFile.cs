using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Files that several processes append to, such as logs.</summary>
public static unsafe class AppendFile
{
    // As much as a pipe takes at once when it takes anything.
    private const int PipeAtom = 4096;
    private const uint Mode = 0x1a4;

    /// <summary>Opens or makes one. Each write goes to its end, whoever else writes.</summary>
    public static Descriptor Open(string path) => new(Libc.Check($"open {path}", Libc.open(path,
        Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK, Mode)));

    /// <summary>
    /// Writes without waiting, also where the file is a pipe or terminal that blocks: bytes, or minus an
    /// <see cref="Errno"/>, with <see cref="Errno.Again"/> where there is no room.
    /// </summary>
    /// <param name="file">From <see cref="Open"/>, or any other that is written to.</param>
    /// <param name="data">Whole lines; a part may be written.</param>
    /// <param name="regular">A regular file always takes bytes or fails.</param>
    public static int Write(Descriptor file, ReadOnlySpan<byte> data, bool regular)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!regular)
        {
            // The descriptor may be shared with others, so its flags are not ours to set.
            data = data[..Math.Min(data.Length, PipeAtom)];
            var entry = new Libc.PollEntry { Fd = file.Number, Events = Libc.POLLOUT };
            if (Libc.poll(&entry, 1, 0) <= 0)
            {
                return -Errno.Again;
            }
        }

        fixed (byte* start = data)
        {
            nint count;
            while ((count = Libc.write(file.Number, start, data.Length)) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    return -error;
                }
            }

            return (int)count;
        }
    }
}
