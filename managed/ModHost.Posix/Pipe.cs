using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Pipes, close-on-exec; the reading end does not block, the writing end is an ordinary one.</summary>
public static unsafe class Pipe
{
    /// <summary>Makes one.</summary>
    public static (Descriptor Reader, Descriptor Writer) Create()
    {
        var pair = stackalloc int[2];
        Libc.Check("pipe2", Libc.pipe2(pair, Libc.O_CLOEXEC));
        var reader = new Descriptor(pair[0]);
        var writer = new Descriptor(pair[1]);
        reader.SetNonBlocking(true);
        return (reader, writer);
    }

    /// <summary>Reads what is there: bytes, 0 at the end, or minus an <see cref="Errno"/>.</summary>
    public static int Read(Descriptor file, Span<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(file);
        fixed (byte* start = buffer)
        {
            nint count;
            while ((count = Libc.read(file.Number, start, buffer.Length)) < 0)
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
