namespace ModHost.Posix;

/// <summary>eventfd: wakes a loop. Set on any thread.</summary>
public sealed unsafe class EventSignal : IDisposable
{
    /// <summary>For the loop's epoll.</summary>
    public Descriptor Descriptor { get; } =
        new(Libc.Check("eventfd", Libc.eventfd(0, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK)));

    /// <summary>Makes it readable.</summary>
    public void Set()
    {
        var one = 1UL;
        _ = Libc.write(Descriptor.Number, &one, sizeof(ulong));
    }

    /// <summary>Makes it unreadable.</summary>
    public void Clear()
    {
        ulong count;
        _ = Libc.read(Descriptor.Number, &count, sizeof(ulong));
    }

    /// <inheritdoc />
    public void Dispose() => Descriptor.Dispose();
}
