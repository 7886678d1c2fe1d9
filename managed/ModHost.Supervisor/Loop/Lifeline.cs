using ModHost.Posix;

namespace ModHost.Supervisor.Loop;

/// <summary>A pipe or socket that says one thing, once: that the process at the other end is gone.</summary>
internal sealed class Lifeline : IReadyHandler
{
    private readonly EventLoop _loop;
    private readonly Descriptor _end;
    private readonly Action _cut;
    private readonly long _token;

    public Lifeline(EventLoop loop, Descriptor end, Action cut)
    {
        _loop = loop;
        _end = end;
        _cut = cut;
        _token = loop.Watch(end, this);
    }

    public void Ready(Readiness ready)
    {
        if ((ready & (Readiness.HangUp | Readiness.Error)) == 0)
        {
            // Nothing is ever written to it; whoever did would keep us awake.
            Span<byte> nothing = stackalloc byte[64];
            if (Pipe.Read(_end, nothing) != 0)
            {
                return;
            }
        }

        _loop.Forget(_end, _token);
        _cut();
    }
}

/// <summary>Lets another thread wake the loop.</summary>
internal sealed class Waker : IReadyHandler
{
    private readonly EventSignal _signal;
    private readonly Action _woken;

    public Waker(EventLoop loop, EventSignal signal, Action woken)
    {
        _signal = signal;
        _woken = woken;
        loop.Watch(signal.Descriptor, this);
    }

    public void Ready(Readiness ready)
    {
        _signal.Clear();
        _woken();
    }
}
