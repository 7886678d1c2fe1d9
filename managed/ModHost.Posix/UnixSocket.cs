using System.Runtime.InteropServices;
using System.Text;

namespace ModHost.Posix;

/// <summary>
/// Unix stream sockets with descriptors. All are made close-on-exec and non-blocking; no call blocks or raises SIGPIPE.
/// </summary>
public static unsafe class UnixSocket
{
    /// <summary>The most descriptors that one call sends or receives.</summary>
    public const int DescriptorsMax = 16;

    private const int Kind = Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK;
    private const int AddressSize = 110;
    private const int PathMax = 107;

    // One header, 8-aligned, and descriptors behind it.
    private const int ControlSize = 16 + (DescriptorsMax * 4);

    /// <summary>Two connected ends.</summary>
    public static (Descriptor First, Descriptor Second) Pair()
    {
        var pair = stackalloc int[2];
        Libc.Check("socketpair", Libc.socketpair(Libc.AF_UNIX, Kind, 0, pair));
        return (new Descriptor(pair[0]), new Descriptor(pair[1]));
    }

    /// <summary>A listening socket at a path where nothing is.</summary>
    public static Descriptor Listen(string path, int backlog = 511)
    {
        var socket = new Descriptor(Libc.Check("socket", Libc.socket(Libc.AF_UNIX, Kind, 0)));
        try
        {
            var address = stackalloc byte[AddressSize];
            var length = Address(path, address);
            Libc.Check($"bind {path}", Libc.bind(socket.Number, address, length));
            Libc.Check("listen", Libc.listen(socket.Number, backlog));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects; a Unix socket does so at once or not at all.</summary>
    public static Descriptor Connect(string path)
    {
        var socket = new Descriptor(Libc.Check("socket", Libc.socket(Libc.AF_UNIX, Kind, 0)));
        try
        {
            var address = stackalloc byte[AddressSize];
            var length = Address(path, address);
            Libc.Check($"connect {path}", Libc.connect(socket.Number, address, length));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The next connection, or <see langword="null"/> where none waits.</summary>
    public static Descriptor? Accept(Descriptor listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        while (true)
        {
            var socket = Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
            if (socket >= 0)
            {
                return new Descriptor(socket);
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again:
                    return null;
                case var error:
                    throw new PosixException("accept", error);
            }
        }
    }

    /// <summary>Who is at the other end.</summary>
    public static PeerCredentials Credentials(Descriptor socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var credentials = default(PeerCredentials);
        var length = (uint)sizeof(PeerCredentials);
        Libc.Check("SO_PEERCRED",
            Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &credentials, &length));
        return credentials;
    }

    /// <summary>Asks for so much room in the kernel, each way.</summary>
    public static void SetBuffers(Descriptor socket, int bytes)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _ = Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_SNDBUF, &bytes, sizeof(int));
        _ = Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_RCVBUF, &bytes, sizeof(int));
    }

    /// <summary>Ends both directions; who waits at either end wakes.</summary>
    public static void Shutdown(Descriptor socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _ = Libc.shutdown(socket.Number, 2);
    }

    /// <summary>Sends what there is room for: bytes, or minus an <see cref="Errno"/>.</summary>
    public static int Send(Descriptor socket, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(socket);
        fixed (byte* start = data)
        {
            nint sent;
            while ((sent = Libc.send(socket.Number, start, data.Length, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT)) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    return -error;
                }
            }

            return (int)sent;
        }
    }

    /// <summary>
    /// Sends what there is room for, with descriptors that travel with the first byte: bytes, or minus an
    /// <see cref="Errno"/>. The descriptors stay the caller's.
    /// </summary>
    public static int Send(Descriptor socket, ReadOnlySpan<IoVector> data, ReadOnlySpan<int> descriptors)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, DescriptorsMax, nameof(descriptors));
        var control = stackalloc long[ControlSize / sizeof(long)];
        fixed (IoVector* vectors = data)
        {
            var message = new Libc.Message { Vectors = vectors, VectorCount = data.Length };
            if (descriptors.Length > 0)
            {
                var header = (Libc.ControlHeader*)control;
                header->Length = sizeof(Libc.ControlHeader) + (descriptors.Length * sizeof(int));
                header->Level = Libc.SOL_SOCKET;
                header->Type = Libc.SCM_RIGHTS;
                descriptors.CopyTo(new Span<int>(header + 1, descriptors.Length));
                message.Control = control;
                message.ControlLength = (header->Length + 7) & -8;
            }

            nint sent;
            while ((sent = Libc.sendmsg(socket.Number, &message, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT)) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    return -error;
                }
            }

            return (int)sent;
        }
    }

    /// <summary>Sends bytes and descriptors; for what is rare.</summary>
    public static int Send(Descriptor socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(data.Length, pinned: true);
        data.CopyTo(pinned);
        var sent = Send(socket, [IoVector.Of(pinned, 0, pinned.Length)], descriptors);
        GC.KeepAlive(pinned);
        return sent;
    }

    /// <summary>
    /// Receives what is there, without descriptors (the kernel drops them): bytes, 0 at the end, or minus an
    /// <see cref="Errno"/>.
    /// </summary>
    public static int Receive(Descriptor socket, Span<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(socket);
        fixed (byte* start = buffer)
        {
            nint received;
            while ((received = Libc.recv(socket.Number, start, buffer.Length, Libc.MSG_DONTWAIT)) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    return -error;
                }
            }

            return (int)received;
        }
    }

    /// <summary>
    /// Receives what is there, and adds descriptors (close-on-exec) to <paramref name="descriptors"/> in their order:
    /// bytes, 0 at the end, or minus an <see cref="Errno"/>; <see cref="Errno.Protocol"/> where descriptors were cut
    /// off.
    /// </summary>
    public static int Receive(Descriptor socket, Span<byte> buffer, Queue<Descriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(descriptors);
        var control = stackalloc long[ControlSize / sizeof(long)];
        fixed (byte* start = buffer)
        {
            var vector = stackalloc nint[2] { (nint)start, buffer.Length };
            var message = new Libc.Message
            {
                Vectors = (IoVector*)vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlSize,
            };
            nint received;
            while ((received = Libc.recvmsg(socket.Number, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC)) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    return -error;
                }
            }

            Take((byte*)control, message.ControlLength, descriptors);
            return (message.Flags & Libc.MSG_CTRUNC) != 0 ? -Errno.Protocol : (int)received;
        }
    }

    /// <summary>
    /// Waits until it can be read (or written), or has ended; for who has no loop. False: not in time.
    /// </summary>
    public static bool Wait(Descriptor socket, bool write, int milliseconds)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var entry = new Libc.PollEntry
        {
            Fd = socket.Number,
            Events = (short)(write ? Libc.POLLOUT : Libc.POLLIN),
        };
        var deadline = Environment.TickCount64 + milliseconds;
        while (true)
        {
            var left = milliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
            var count = Libc.poll(&entry, 1, left);
            if (count >= 0)
            {
                return count > 0;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.Interrupted)
            {
                throw new PosixException("poll", error);
            }
        }
    }

    private static void Take(byte* control, nint length, Queue<Descriptor> descriptors)
    {
        for (nint at = 0; at + sizeof(Libc.ControlHeader) <= length;)
        {
            var header = (Libc.ControlHeader*)(control + at);
            if (header->Length < sizeof(Libc.ControlHeader) || at + header->Length > length)
            {
                return;
            }

            if (header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS)
            {
                var count = (int)(header->Length - sizeof(Libc.ControlHeader)) / sizeof(int);
                for (var i = 0; i < count; i++)
                {
                    descriptors.Enqueue(new Descriptor(((int*)(header + 1))[i]));
                }
            }

            at += (header->Length + 7) & -8;
        }
    }

    private static uint Address(string path, byte* address)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length is 0 or > PathMax)
        {
            throw new ArgumentException($"not a path of 1 to {PathMax} bytes: {path}", nameof(path));
        }

        new Span<byte>(address, AddressSize).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        bytes.CopyTo(new Span<byte>(address + 2, PathMax));
        return (uint)(2 + bytes.Length + 1);
    }
}
