using System.Buffers.Binary;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Supervisor.Tests.Running;

/// <summary>A web-server process at shim.sock.</summary>
internal sealed class FakeShim : IDisposable
{
    private readonly Descriptor _socket;
    private readonly FrameDecoder _decoder = new(FrameRoute.ShimToWebServer);
    private readonly Queue<Descriptor> _descriptors = [];

    public FakeShim(RunningSupervisor supervisor, uint generation = 1) : this(supervisor)
    {
        var hello = new byte[Hello.Size];
        new Hello(PeerKind.Nginx, (uint)Environment.ProcessId, generation).Write(hello);
        Send(FrameType.Hello, hello);
    }

    private FakeShim(RunningSupervisor supervisor) =>
        _socket = UnixSocket.Connect(Path.Combine(supervisor.Instance, "shim.sock"));

    /// <summary>Workers to which there is a channel, with what came for them.</summary>
    public Dictionary<uint, (int Pid, Descriptor Channel, Descriptor Page)> Workers { get; } = [];

    public List<string> Seen { get; } = [];

    public Descriptor? StatusPage { get; private set; }

    /// <summary>The supervisor has closed it.</summary>
    public bool IsClosed { get; private set; }

    public static FakeShim Silent(RunningSupervisor supervisor) => new(supervisor);

    public void Have(params uint[] workers)
    {
        var payload = new byte[workers.Length * 4];
        for (var i = 0; i < workers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(i * 4), workers[i]);
        }

        Send(FrameType.Have, payload);
    }

    public void Demand(string group, uint waiting, uint oldest)
    {
        var payload = new byte[ModHost.Protocol.Demand.Size + group.Length];
        new Demand(waiting, oldest).Write(payload);
        Encoding.UTF8.GetBytes(group, payload.AsSpan(ModHost.Protocol.Demand.Size));
        Send(FrameType.Demand, payload);
    }

    public void Send(FrameType type, byte[] payload, uint value = 0) =>
        SendRaw(new FrameHeader(type, Value: value).Frame(payload));

    public void SendRaw(byte[] bytes, params int[] descriptors) => _ = UnixSocket.Send(_socket, bytes, descriptors);

    /// <summary>The same frame again and again, as fast as it is taken; nothing is read.</summary>
    /// <returns>Whether all of it was taken.</returns>
    public bool Flood(byte[] frame, int times)
    {
        const int Together = 1000;
        var bytes = Enumerable.Repeat(frame, Together).SelectMany(static one => one).ToArray();
        for (; times > 0; times -= Together)
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                var count = UnixSocket.Send(_socket, bytes.AsSpan(sent));
                sent += Math.Max(0, count);
                if (count is -Errno.BrokenPipe or -Errno.ConnectionReset)
                {
                    return false;
                }

                Assert.True(count > 0 || count == -Errno.Again, $"send: {-count}");
                if (count == -Errno.Again)
                {
                    Assert.True(UnixSocket.Wait(_socket, write: true, 60_000), "the supervisor does not read");
                }
            }
        }

        return true;
    }

    /// <summary>Waits until a line was seen that begins so.</summary>
    public void Sees(string begin) => Until.True($"the shim sees {begin}; it saw {string.Join("; ", Seen)}", () =>
    {
        Read();
        return Seen.Any(text => text.StartsWith(begin, StringComparison.Ordinal));
    });

    public bool Read()
    {
        while (!IsClosed)
        {
            var count = UnixSocket.Receive(_socket, _decoder.Free(), _descriptors);
            if (count == -Errno.Again)
            {
                return true;
            }

            if (count <= 0)
            {
                IsClosed = true;
                break;
            }

            _decoder.Received(count);
            while (_decoder.TryRead(out var header, out var payload))
            {
                Take(header, payload);
            }

            Assert.Equal(FrameError.None, _decoder.Error);
        }

        return false;
    }

    public void Dispose()
    {
        _socket.Dispose();
        StatusPage?.Dispose();
        foreach (var (_, channel, page) in Workers.Values)
        {
            channel.Dispose();
            page.Dispose();
        }
    }

    private void Take(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.Status:
                StatusPage = _descriptors.Dequeue();
                Seen.Add("status");
                break;
            case FrameType.Group:
                var state = GroupState.Read(payload);
                var text = Encoding.UTF8.GetString(payload[GroupState.Size..]);
                Seen.Add($"group {text[..state.NameLength]} {state.State} {state.Code} {text[state.NameLength..]}".Trim());
                break;
            case FrameType.Worker:
                var offer = WorkerOffer.Read(payload);
                Assert.True(Encoding.ASCII.GetString(offer.Affinity).All(char.IsAsciiHexDigitLower));
                Workers[offer.Worker] = ((int)offer.Pid, _descriptors.Dequeue(), _descriptors.Dequeue());
                Seen.Add($"worker {offer.Pid} {Encoding.UTF8.GetString(payload[WorkerOffer.Size..])} {offer.Index}");
                break;
            case FrameType.Draining:
                Seen.Add($"draining {Name(header.Value)}");
                break;
            case FrameType.Gone:
                Seen.Add($"gone {Name(header.Value)} {Encoding.UTF8.GetString(payload)}");
                break;
            case FrameType.Close:
                Seen.Add($"close {header.Value} {Encoding.UTF8.GetString(payload)}");
                break;
            default:
                Seen.Add(header.Type.ToString());
                break;
        }
    }

    private string Name(uint worker) => Workers.TryGetValue(worker, out var known) ? $"{known.Pid}" : $"#{worker}";
}
