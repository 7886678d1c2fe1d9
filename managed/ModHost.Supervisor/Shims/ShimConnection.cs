using System.Buffers.Binary;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Shims;

/// <summary>Who is told what web-server processes say.</summary>
internal interface IShimObserver
{
    /// <summary>It has said which workers it knows, and now wants to know of all others.</summary>
    void Joined(ShimConnection shim);

    void Demand(ShimConnection shim, string group, uint waiting, uint oldest);

    /// <summary>A request that timed out does not end.</summary>
    void Stuck(ShimConnection shim, uint worker);

    /// <summary>Its channel to this worker broke.</summary>
    void Lost(ShimConnection shim, uint worker);

    void Left(ShimConnection shim, string? reason);
}

/// <summary>One web-server process at shim.sock.</summary>
internal sealed class ShimConnection : IFrameHandler, IDisposable
{
    private readonly FrameConnection _connection;
    private readonly IShimObserver _observer;
    private bool _greeted;

    public ShimConnection(
        EventLoop loop, Descriptor socket, int pid, long number, uint generation, IShimObserver observer)
    {
        _observer = observer;
        Pid = pid;
        Number = number;
        _connection = new FrameConnection(loop, socket, FrameRoute.ShimToSupervisor, this);
        _connection.SendHello(generation);
    }

    /// <summary>By the kernel, not by its word.</summary>
    public int Pid { get; }

    /// <summary>Of this connection, for this supervisor.</summary>
    public long Number { get; }

    /// <summary>Of the configuration that it works by.</summary>
    public uint Generation { get; private set; }

    /// <summary>It has said HAVE.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>It was told to let go of workers that nobody knows.</summary>
    public bool HasRetiredStrangers { get; set; }

    /// <summary>Workers to which it has a channel.</summary>
    public HashSet<uint> Workers { get; } = [];

    /// <summary>When it was given a channel last in place of a lost one, by worker.</summary>
    public Dictionary<uint, long> Renewed { get; } = [];

    public void SendStatusPage(Descriptor page) => _connection.Send(new FrameHeader(FrameType.Status), default, page);

    public void SendGroup(string name, GroupStatus status)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var text = Encoding.UTF8.GetBytes(status.Text);
        var length = Math.Min(text.Length, 4096);
        var payload = new byte[GroupState.Size + nameBytes.Length + length];
        new GroupState(status.State, status.Code, nameBytes.Length, length).Write(payload);
        nameBytes.CopyTo(payload, GroupState.Size);
        text.AsSpan(0, length).CopyTo(payload.AsSpan(GroupState.Size + nameBytes.Length));
        _connection.Send(new FrameHeader(FrameType.Group), payload);
    }

    /// <param name="channel">The shim's end; taken over.</param>
    /// <param name="page">The begun page; taken over.</param>
    public void SendWorker(string group, Worker worker, Descriptor channel, Descriptor page)
    {
        Workers.Add(worker.Id);
        var name = Encoding.UTF8.GetBytes(group);
        var payload = new byte[WorkerOffer.Size + name.Length];
        new WorkerOffer
        {
            Worker = worker.Id,
            Pid = (uint)worker.Pid,
            Index = (uint)worker.Index,
            NameLength = name.Length,
            Affinity = Encoding.ASCII.GetBytes(worker.Affinity),
        }.Write(payload);
        name.CopyTo(payload, WorkerOffer.Size);
        _connection.Send(new FrameHeader(FrameType.Worker), payload, channel, page);
    }

    public void SendDraining(uint worker) => _connection.Send(new FrameHeader(FrameType.Draining, Value: worker));

    public void SendGone(uint worker, string why)
    {
        Workers.Remove(worker);
        _connection.Send(new FrameHeader(FrameType.Gone, Value: worker), Encoding.UTF8.GetBytes(why));
    }

    public void Dispose() => _connection.Dispose();

    void IFrameHandler.Settle()
    {
    }

    void IFrameHandler.Closed(FrameConnection connection, string? reason) => _observer.Left(this, reason);

    void IFrameHandler.Frame(
        FrameConnection connection, in FrameHeader header, ReadOnlySpan<byte> payload, Descriptor? descriptor)
    {
        descriptor?.Dispose();
        if (header.Type == FrameType.Hello)
        {
            Greet(payload);
            return;
        }

        if (header.Type == FrameType.Have)
        {
            Have(payload);
            return;
        }

        if (!HasJoined)
        {
            throw new FormatException($"{header.Type} before HAVE");
        }

        switch (header.Type)
        {
            case FrameType.Demand:
                var demand = Demand.Read(payload);
                _observer.Demand(this, Encoding.UTF8.GetString(payload[Demand.Size..]), demand.Waiting, demand.Oldest);
                break;
            case FrameType.Stuck:
                _observer.Stuck(this, header.Value);
                break;
            case FrameType.Lost:
                // Of a channel that there is: each is lost once, however often that is said.
                if (Workers.Remove(header.Value))
                {
                    _observer.Lost(this, header.Value);
                }

                break;
            default:
                throw new FormatException($"a frame {header.Type}");
        }
    }

    private void Greet(ReadOnlySpan<byte> payload)
    {
        if (_greeted || !Hello.TryRead(payload, out var hello)
            || hello.Kind is not (PeerKind.Nginx or PeerKind.Apache))
        {
            throw new FormatException("HELLO of another version, or twice, or of something that is no web server");
        }

        _greeted = true;
        Generation = hello.Generation;
    }

    private void Have(ReadOnlySpan<byte> payload)
    {
        if (HasJoined || !_greeted || payload.Length % sizeof(uint) != 0)
        {
            throw new FormatException("HAVE twice, too early, or of a wrong length");
        }

        HasJoined = true;
        for (; !payload.IsEmpty; payload = payload[sizeof(uint)..])
        {
            Workers.Add(BinaryPrimitives.ReadUInt32LittleEndian(payload));
        }

        _observer.Joined(this);
    }
}
