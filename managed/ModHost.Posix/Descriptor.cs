using Microsoft.Win32.SafeHandles;

namespace ModHost.Posix;

/// <summary>An open file descriptor of this process, closed with the object.</summary>
public sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>For marshalling.</summary>
    public Descriptor()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Takes one over.</summary>
    public Descriptor(int number, bool owns = true)
        : base(owns) => SetHandle(number);

    /// <summary>The number; after <see cref="System.Runtime.InteropServices.SafeHandle.Dispose()"/> somebody else's.
    /// </summary>
    public int Number => (int)handle;

    /// <summary>Another descriptor of the same file, close-on-exec.</summary>
    public Descriptor Duplicate() => Duplicate(this);

    /// <summary>Another descriptor of somebody else's file, close-on-exec.</summary>
    public static Descriptor Duplicate(System.Runtime.InteropServices.SafeHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var counted = false;
        try
        {
            file.DangerousAddRef(ref counted);
            return new Descriptor(Libc.Check("fcntl",
                Libc.fcntl((int)file.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 0)));
        }
        finally
        {
            if (counted)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Gives the number away: this object closes nothing any more.</summary>
    public int Detach()
    {
        var number = Number;
        SetHandleAsInvalid();
        return number;
    }

    /// <summary>Whether children inherit it.</summary>
    public void SetCloseOnExec(bool value) =>
        Libc.Check("fcntl", Libc.fcntl(Number, Libc.F_SETFD, value ? Libc.FD_CLOEXEC : 0));

    /// <summary>Whether reads and writes return at once.</summary>
    public void SetNonBlocking(bool value)
    {
        var flags = Libc.Check("fcntl", Libc.fcntl(Number, Libc.F_GETFL, 0));
        flags = value ? flags | Libc.O_NONBLOCK : flags & ~Libc.O_NONBLOCK;
        Libc.Check("fcntl", Libc.fcntl(Number, Libc.F_SETFL, flags));
    }

    /// <inheritdoc />
    protected override bool ReleaseHandle() => Libc.close(Number) == 0;
}
