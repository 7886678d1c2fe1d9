using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>struct iovec: a piece of memory that does not move.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct IoVector
{
    private readonly nint _base;
    private readonly nint _length;

    private IoVector(nint start, nint length)
    {
        _base = start;
        _length = length;
    }

    /// <summary>
    /// A part of an array that was allocated pinned, and that the caller keeps alive until the call that is given this
    /// has returned.
    /// </summary>
    public static IoVector Of(byte[] pinned, int offset, int length)
    {
        ArgumentNullException.ThrowIfNull(pinned);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)pinned.Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(pinned.Length - offset), nameof(length));
        return length == 0
            ? default
            : new IoVector(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset), length);
    }
}
