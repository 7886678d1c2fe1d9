using System.Collections.Concurrent;
using ModHost.Posix;
using ModHost.Server;
using ModHost.Server.Transport;

namespace ModHost.Worker.Connections;

/// <summary>
/// The one thread that reads from all connections of a worker, and the wake that sends what others have gathered.
/// </summary>
/// <remarks>
/// <para>One wait, one receive for each connection that is ready, then all that has begun goes to the thread pool
/// together (<see cref="ModHostServer.Flush"/>), and what the loop itself has written leaves.</para>
/// <para>Answers do not pass through this thread: whoever has run the application sends them, with one call for all of
/// a connection. Only where a socket is full does the loop go on.</para>
/// </remarks>
internal sealed class EventLoop : IWake, IDisposable
{
    private const long SignalToken = 0;

    private readonly Epoll _epoll = new();
    private readonly EventSignal _signal = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly ReadyEvent[] _ready = new ReadyEvent[256];
    private readonly Dictionary<long, FrameConnection> _connections = [];
    private readonly Thread _thread;
    private FrameConnection? _dirty;
    private long _lastToken = SignalToken;
    private volatile bool _ending;

    public EventLoop(string name)
    {
        _epoll.Add(_signal.Descriptor, SignalToken, Readiness.Read);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Called every so often while it is not <see cref="Timeout.Infinite"/>. Loop.</summary>
    public Action? Tick { get; set; }

    /// <summary>Milliseconds. Loop.</summary>
    public int TickInterval { get; set; } = Timeout.Infinite;

    /// <summary>What an exception of the loop's own is told to; it goes on.</summary>
    public Action<Exception>? Fault { get; set; }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    public void Start() => _thread.UnsafeStart();

    /// <summary>Runs something on the loop. Any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _signal.Set();
    }

    /// <summary>Begins to read from a connection. Loop, or before its start.</summary>
    public void Add(FrameConnection connection)
    {
        connection.Token = ++_lastToken;
        _connections.Add(connection.Token, connection);
        _epoll.Add(connection.Socket, connection.Token, Readiness.Read);
    }

    /// <summary>Reads no more from it. Loop.</summary>
    public void Remove(FrameConnection connection)
    {
        if (_connections.Remove(connection.Token))
        {
            _epoll.Remove(connection.Socket);
        }
    }

    /// <summary>Whether it is told when there is room in the socket. Any thread; the socket must be open.</summary>
    public void WatchRoom(FrameConnection connection, bool watch) => _epoll.Change(
        connection.Socket, connection.Token, watch ? Readiness.Read | Readiness.Write : Readiness.Read);

    /// <summary>
    /// What was written to it leaves with the next <see cref="Wake"/>, or turn of the loop. Any thread.
    /// </summary>
    public void FlushLater(FrameConnection connection)
    {
        if (!connection.MarkDirty())
        {
            return;
        }

        FrameConnection? first;
        do
        {
            first = Volatile.Read(ref _dirty);
            connection.NextDirty = first;
        }
        while (Interlocked.CompareExchange(ref _dirty, connection, first) != first);
    }

    /// <inheritdoc />
    public void Wake()
    {
        if (Volatile.Read(ref _dirty) is null)
        {
            return;
        }

        var connection = Interlocked.Exchange(ref _dirty, null);
        while (connection is not null)
        {
            var next = connection.NextDirty;
            connection.NextDirty = null;
            connection.MarkClean();
            connection.Flush();
            connection = next;
        }
    }

    /// <summary>Ends the thread, after what was posted. Not on it.</summary>
    public void Dispose()
    {
        _ending = true;
        _signal.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _epoll.Dispose();
        _signal.Dispose();
    }

    private void Run()
    {
        while (!_ending)
        {
            var count = _epoll.Wait(_ready, TickInterval);
            for (var i = 0; i < count; i++)
            {
                Guarded(_ready[i]);
            }

            RunPosted();
            ModHostServer.Flush();
            if (TickInterval >= 0 && Tick is { } tick)
            {
                Guarded(tick);
            }

            Wake();
        }
    }

    private void Guarded(ReadyEvent ready)
    {
        if (ready.Token == SignalToken)
        {
            _signal.Clear();
            return;
        }

        // It may have been removed by one before it.
        if (!_connections.TryGetValue(ready.Token, out var connection))
        {
            return;
        }

        try
        {
            connection.Ready(ready.Ready);
        }
        catch (Exception exception)
        {
            Fault?.Invoke(exception);
            connection.Fail(Errors.Internal, "a fault inside ModHost");
        }
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out var action))
        {
            Guarded(action);
        }
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Fault?.Invoke(exception);
        }
    }
}
