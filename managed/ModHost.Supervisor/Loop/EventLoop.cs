using ModHost.Posix;

namespace ModHost.Supervisor.Loop;

/// <summary>Something whose descriptor the loop watches.</summary>
internal interface IReadyHandler
{
    /// <summary>It is ready; level-triggered, so what is left undone comes again.</summary>
    void Ready(Readiness ready);
}

/// <summary>
/// One thread that waits for descriptors and for time, and does everything there is to do. Nothing that it calls may
/// wait.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const int EventsPerTurn = 64;

    private readonly Epoll _epoll = new(EventsPerTurn);
    private readonly ReadyEvent[] _events = new ReadyEvent[EventsPerTurn];
    private readonly Dictionary<long, IReadyHandler> _handlers = [];
    private long _nextToken = 1;

    /// <summary>Milliseconds of the machine's monotonic clock: the same for a supervisor and its successor.</summary>
    public static long Now => Environment.TickCount64;

    /// <summary>Begins to watch.</summary>
    /// <returns>For <see cref="Change"/> and <see cref="Forget"/>.</returns>
    public long Watch(Descriptor descriptor, IReadyHandler handler, Readiness ready = Readiness.Read)
    {
        var token = _nextToken++;
        _epoll.Add(descriptor, token, ready);
        _handlers.Add(token, handler);
        return token;
    }

    public void Change(Descriptor descriptor, long token, Readiness ready) => _epoll.Change(descriptor, token, ready);

    /// <summary>Before the descriptor is closed; an event that has come already is dropped.</summary>
    public void Forget(Descriptor descriptor, long token)
    {
        if (_handlers.Remove(token))
        {
            _epoll.Remove(descriptor);
        }
    }

    /// <summary>Waits until something is ready, or until this time, and lets handlers do their work.</summary>
    public void Turn(long until)
    {
        var wait = until == long.MaxValue ? -1 : (int)Math.Clamp(until - Now, 0, int.MaxValue);
        var count = _epoll.Wait(_events, wait);
        for (var i = 0; i < count; i++)
        {
            if (_handlers.TryGetValue(_events[i].Token, out var handler))
            {
                handler.Ready(_events[i].Ready);
            }
        }
    }

    public void Dispose() => _epoll.Dispose();
}
