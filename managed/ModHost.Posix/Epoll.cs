using System.Runtime.InteropServices;

namespace ModHost.Posix;

/// <summary>What an <see cref="Epoll"/> watches for, and reports.</summary>
[Flags]
public enum Readiness
{
    /// <summary>Nothing but errors, which are always reported.</summary>
    None = 0,

    /// <summary>EPOLLIN.</summary>
    Read = 0x001,

    /// <summary>EPOLLOUT.</summary>
    Write = 0x004,

    /// <summary>EPOLLERR; never asked for.</summary>
    Error = 0x008,

    /// <summary>EPOLLHUP; never asked for.</summary>
    HangUp = 0x010,
}

/// <summary>One descriptor that is ready.</summary>
/// <param name="Token">What it was added with.</param>
/// <param name="Ready">For what.</param>
public readonly record struct ReadyEvent(long Token, Readiness Ready);

/// <summary>epoll, level-triggered. Wait on one thread; the rest on any.</summary>
public sealed unsafe class Epoll : IDisposable
{
    // struct epoll_event is packed on x86-64 alone.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int TokenAt = EventSize - sizeof(long);

    private readonly Descriptor _epoll = new(Libc.Check("epoll_create1", Libc.epoll_create1(Libc.EPOLL_CLOEXEC)));
    private readonly byte[] _events;

    /// <param name="capacity">The most events that one wait gives.</param>
    public Epoll(int capacity = 256)
    {
        Capacity = capacity;
        _events = GC.AllocateArray<byte>(capacity * EventSize, pinned: true);
    }

    /// <summary>The most events that one wait gives.</summary>
    public int Capacity { get; }

    /// <summary>Begins to watch.</summary>
    public void Add(Descriptor descriptor, long token, Readiness ready) =>
        Control(Libc.EPOLL_CTL_ADD, descriptor, token, ready);

    /// <summary>Watches for something else.</summary>
    public void Change(Descriptor descriptor, long token, Readiness ready) =>
        Control(Libc.EPOLL_CTL_MOD, descriptor, token, ready);

    /// <summary>Watches no more; an event that a wait has given already may still be in the caller's hands.</summary>
    public void Remove(Descriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        _ = Libc.epoll_ctl(_epoll.Number, Libc.EPOLL_CTL_DEL, descriptor.Number, null);
    }

    /// <summary>Waits for events, so long at most (-1: for ever); gives how many were written.</summary>
    public int Wait(Span<ReadyEvent> ready, int milliseconds)
    {
        int count;
        fixed (byte* events = _events)
        {
            count = Libc.epoll_wait(_epoll.Number, events, Math.Min(ready.Length, Capacity), milliseconds);
            if (count < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error == Errno.Interrupted ? 0 : throw new PosixException("epoll_wait", error);
            }

            for (var i = 0; i < count; i++)
            {
                var at = events + (i * EventSize);
                ready[i] = new ReadyEvent(*(long*)(at + TokenAt), (Readiness)(*(int*)at));
            }
        }

        return count;
    }

    /// <inheritdoc />
    public void Dispose() => _epoll.Dispose();

    private void Control(int operation, Descriptor descriptor, long token, Readiness ready)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var bytes = stackalloc byte[16];
        *(uint*)bytes = (uint)ready;
        *(long*)(bytes + TokenAt) = token;
        Libc.Check("epoll_ctl", Libc.epoll_ctl(_epoll.Number, operation, descriptor.Number, bytes));
    }
}
