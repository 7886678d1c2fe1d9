using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;

namespace ModHost.Supervisor.Watchdog;

/// <summary>Who is told what the watchdog says.</summary>
internal interface IWatchdogObserver
{
    /// <summary>A process has ended that an earlier supervisor had started.</summary>
    void Exited(int pid, ChildExit exit);

    /// <summary>The web server's master is gone.</summary>
    void Shutdown();

    /// <summary>The watchdog is gone.</summary>
    void WatchdogLost(string? reason);
}

/// <summary>
/// The connection to the watchdog, whichever one that is now. It knows everything that is kept, so that a new watchdog
/// can be given it.
/// </summary>
internal sealed class WatchdogLink : IKeeper, IFrameHandler, IDisposable
{
    private readonly EventLoop _loop;
    private readonly IWatchdogObserver _observer;
    private readonly Dictionary<string, Descriptor> _stored = new(StringComparer.Ordinal);
    private FrameConnection? _connection;
    private byte[] _state = [];
    private uint _limit;

    public WatchdogLink(EventLoop loop, Descriptor socket, IWatchdogObserver observer)
    {
        _loop = loop;
        _observer = observer;
        _connection = Connect(socket);
    }

    /// <summary>What an earlier supervisor had stored; whoever takes one out owns it.</summary>
    public Dictionary<string, Descriptor> Kept { get; } = new(StringComparer.Ordinal);

    /// <summary>The state that it had saved.</summary>
    public byte[] KeptState { get; private set; } = [];

    /// <summary>All that was kept has arrived.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>How many supervisors there were before.</summary>
    public uint Predecessors { get; private set; }

    public bool IsConnected => _connection is not null;

    /// <summary>To a new watchdog, which has nothing yet.</summary>
    /// <param name="socket">Taken over.</param>
    public void Replace(Descriptor socket)
    {
        _connection = Connect(socket);
        foreach (var (key, descriptor) in _stored)
        {
            SendStore(key, descriptor);
        }

        Save(_state);
        SendLimit();
        Send(FrameType.Ready);
    }

    public void Store(string key, Descriptor descriptor)
    {
        _stored[key] = descriptor;
        SendStore(key, descriptor);
    }

    public void Drop(string key)
    {
        if (_stored.Remove(key))
        {
            Send(FrameType.Drop, Encoding.UTF8.GetBytes(key));
        }
    }

    /// <summary>It was kept by the watchdog before, and stays so.</summary>
    public void Retain(string key, Descriptor descriptor) => _stored[key] = descriptor;

    /// <summary>It was kept and is of no use.</summary>
    public void Discard(string key)
    {
        if (Kept.Remove(key, out var descriptor))
        {
            descriptor.Dispose();
            Send(FrameType.Drop, Encoding.UTF8.GetBytes(key));
        }
    }

    public void Save(ReadOnlySpan<byte> state)
    {
        _state = state.ToArray();
        Send(FrameType.Blob, _state);
    }

    /// <summary>How long the end may take from SHUTDOWN on, before the watchdog kills what is left.</summary>
    public void LimitEnd(uint milliseconds)
    {
        if (milliseconds != _limit)
        {
            _limit = milliseconds;
            SendLimit();
        }
    }

    public void SendReady() => Send(FrameType.Ready);

    public void SendFailed(string reason) => Send(FrameType.Failed, Encoding.UTF8.GetBytes(reason));

    public void SendDone() => Send(FrameType.Done);

    void IFrameHandler.Settle()
    {
    }

    void IFrameHandler.Closed(FrameConnection connection, string? reason)
    {
        if (ReferenceEquals(connection, _connection))
        {
            _connection = null;
            _observer.WatchdogLost(reason);
        }
    }

    void IFrameHandler.Frame(
        FrameConnection connection, in FrameHeader header, ReadOnlySpan<byte> payload, Descriptor? descriptor)
    {
        switch (header.Type)
        {
            case FrameType.Kept:
                Kept[Encoding.UTF8.GetString(payload)] = descriptor!;
                break;
            case FrameType.KeptBlob:
                KeptState = payload.ToArray();
                break;
            case FrameType.KeptAll:
                IsComplete = true;
                Predecessors = header.Value;
                break;
            case FrameType.Exited:
                _observer.Exited((int)header.Stream, ExitReason.FromStatus(header.Value));
                break;
            case FrameType.Shutdown:
                _observer.Shutdown();
                break;
            default:
                throw new FormatException($"a frame {header.Type}");
        }
    }

    public void Dispose() => _connection?.Dispose();

    private FrameConnection Connect(Descriptor socket) =>
        new(_loop, socket, FrameRoute.KeepingToSupervisor, this, hello: false);

    private void SendStore(string key, Descriptor descriptor) => _connection?.Send(
        new FrameHeader(FrameType.Store), Encoding.UTF8.GetBytes(key), descriptor.Duplicate());

    private void SendLimit()
    {
        if (_limit != 0)
        {
            _connection?.Send(new FrameHeader(FrameType.Limit, Value: _limit));
        }
    }

    private void Send(FrameType type, ReadOnlySpan<byte> payload = default) =>
        _connection?.Send(new FrameHeader(type), payload);
}
