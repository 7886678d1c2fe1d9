namespace ModHost.Posix;

/// <summary>A system call failed.</summary>
public sealed class PosixException : IOException
{
    /// <summary>Makes one.</summary>
    public PosixException(string call, int error)
        : base($"{call}: {Posix.Errno.Message(error)}")
    {
        Call = call;
        Errno = error;
    }

    /// <summary>The call's name.</summary>
    public string Call { get; }

    /// <summary>The error's number.</summary>
    public int Errno { get; }
}
