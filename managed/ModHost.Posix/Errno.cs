using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>Linux's error numbers, as far as ModHost looks at them.</summary>
public static class Errno
{
    /// <summary>EPERM.</summary>
    public const int NotPermitted = 1;

    /// <summary>ENOENT.</summary>
    public const int NoEntry = 2;

    /// <summary>ESRCH.</summary>
    public const int NoProcess = 3;

    /// <summary>EINTR.</summary>
    public const int Interrupted = 4;

    /// <summary>EAGAIN.</summary>
    public const int Again = 11;

    /// <summary>EEXIST.</summary>
    public const int Exists = 17;

    /// <summary>EPIPE.</summary>
    public const int BrokenPipe = 32;

    /// <summary>EPROTO: ancillary data was cut off.</summary>
    public const int Protocol = 71;

    /// <summary>ECONNRESET.</summary>
    public const int ConnectionReset = 104;

    /// <summary>ECONNREFUSED.</summary>
    public const int ConnectionRefused = 111;

    /// <summary>The system's own words.</summary>
    public static string Message(int error) => Marshal.GetPInvokeErrorMessage(error);
}
