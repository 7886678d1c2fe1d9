using System.Text;

namespace ModHost.Posix;

/// <summary>Tells a service manager how this process is (sd_notify), by datagrams: a lost one is no fault.</summary>
public static unsafe class NotifySocket
{
    private const int AddressMax = 108;

    /// <summary>Sends one message.</summary>
    /// <param name="address">$NOTIFY_SOCKET: a path, or with @ at the front an abstract name.</param>
    /// <param name="message">Lines such as READY=1.</param>
    public static void Send(string address, string message)
    {
        var name = Encoding.UTF8.GetBytes(address);
        if (name.Length is 0 or > AddressMax)
        {
            return;
        }

        using var socket = new Descriptor(Libc.Check("socket",
            Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0)));
        var target = stackalloc byte[AddressMax + 2];
        *(ushort*)target = Libc.AF_UNIX;
        name.CopyTo(new Span<byte>(target + 2, AddressMax));
        if (target[2] == '@')
        {
            target[2] = 0;
        }

        var text = Encoding.UTF8.GetBytes(message);
        fixed (byte* data = text)
        {
            _ = Libc.sendto(socket.Number, data, text.Length, Libc.MSG_NOSIGNAL, target, (uint)(2 + name.Length));
        }
    }
}
