using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Looks at what has arrived without taking it: what a process did not finish, its successor finds.</summary>
public static unsafe class SocketPeek
{
    private const int MSG_PEEK = 0x2;

    /// <summary>Copies what is there: bytes, 0 at the end, or minus an <see cref="Errno"/>.</summary>
    public static int Peek(Descriptor socket, Span<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(socket);
        fixed (byte* start = buffer)
        {
            nint count;
            while ((count = Libc.recv(socket.Number, start, buffer.Length, Libc.MSG_DONTWAIT | MSG_PEEK)) < 0)
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
