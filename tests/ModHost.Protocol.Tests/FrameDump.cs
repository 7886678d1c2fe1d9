using System.Text;

namespace ModHost.Protocol.Tests;

/// <summary>Frames as text; see tests/vectors/README.md.</summary>
internal static class FrameDump
{
    private const int Head = 0x01;
    private const int Trailers = 0x08;
    private const int File = 0x10;

    public static void Frame(StringBuilder to, int index, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        to.Append($"frame={index}\ntype={(int)header.Type}\nflags=0x{header.Flags:x2}\n");
        to.Append($"descriptors={header.Descriptors}\nstream=0x{header.Stream:x8}\nvalue={header.Value}\n");
        to.Append($"length={header.Length}\n");
        switch (header.Type)
        {
            case FrameType.Hello:
                AddHello(to, payload);
                break;
            case FrameType.Request:
                Assert.True(RequestStart.TryRead(payload, out var start));
                to.Append($"start.flags=0x{(start.Detail ? 2 : 0):x4}\nstart.send_window={start.SendWindow}\n");
                to.Append($"start.max_request_body={start.MaxRequestBody}\n");
                break;
            case FrameType.Send:
                AddSend(to, header, payload);
                break;
            case FrameType.Demand:
                var demand = Demand.Read(payload);
                to.Append($"demand.waiting={demand.Waiting}\ndemand.oldest={demand.Oldest}\n");
                Text(to, "demand.name", payload[Demand.Size..]);
                break;
            case FrameType.Group:
                AddGroup(to, payload);
                break;
            case FrameType.Worker:
                AddOffer(to, payload);
                break;
            case FrameType.Alive:
                AddLoad(to, payload);
                break;
            default:
                Text(to, "payload", payload);
                break;
        }
    }

    private static void AddHello(StringBuilder to, ReadOnlySpan<byte> payload)
    {
        Assert.True(Hello.TryRead(payload, out var hello));
        to.Append($"hello.magic=0x{FrameLayout.Magic:x8}\nhello.protocol={FrameLayout.Version}\n");
        to.Append($"hello.head_version={HeadLayout.Version}\nhello.kind={(int)hello.Kind}\nhello.pid={hello.Pid}\n");
        to.Append($"hello.generation={hello.Generation}\nhello.number={hello.Number}\n");
        to.Append($"hello.credits={hello.Credits}\nhello.count={hello.Count}\n");
    }

    private static void AddSend(StringBuilder to, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var at = (header.Flags & Head) != 0 ? FrameLayout.Padded((int)header.Value) : 0;
        if (at > payload.Length || (header.Flags & Trailers) != 0)
        {
            at = payload.Length;
        }

        if ((header.Flags & File) != 0)
        {
            var range = FileRange.Read(payload[at..]);
            to.Append($"file.offset={range.Offset}\nfile.length={range.Length}\n");
            return;
        }

        Text(to, "body", payload[at..]);
    }

    private static void AddGroup(StringBuilder to, ReadOnlySpan<byte> payload)
    {
        var group = GroupState.Read(payload);
        to.Append($"group.state={(int)group.State}\ngroup.code={group.Code}\n");
        Text(to, "group.name", payload.Slice(GroupState.Size, group.NameLength));
        Text(to, "group.text", payload.Slice(GroupState.Size + group.NameLength, group.TextLength));
    }

    private static void AddOffer(StringBuilder to, ReadOnlySpan<byte> payload)
    {
        var offer = WorkerOffer.Read(payload);
        to.Append($"offer.worker={offer.Worker}\noffer.pid={offer.Pid}\noffer.index={offer.Index}\n");
        Text(to, "offer.affinity", offer.Affinity);
        Text(to, "offer.name", payload.Slice(WorkerOffer.Size, offer.NameLength));
    }

    private static void AddLoad(StringBuilder to, ReadOnlySpan<byte> payload)
    {
        var load = WorkerLoad.Read(payload);
        to.Append($"load.in_flight={load.InFlight}\nload.pool_threads={load.PoolThreads}\n");
        to.Append($"load.requests={load.Requests}\n");
        to.Append($"load.heap_bytes={load.HeapBytes}\nload.committed_bytes={load.CommittedBytes}\n");
        to.Append($"load.allocated_bytes={load.AllocatedBytes}\nload.pool_queue={load.PoolQueue}\n");
        to.Append($"load.collections={load.Collections0},{load.Collections1},{load.Collections2}\n");
        to.Append($"load.times={load.MedianMicroseconds},{load.Percentile99Microseconds}\n");
    }

    private static void Text(StringBuilder to, string key, ReadOnlySpan<byte> bytes)
    {
        to.Append(key).Append('=');
        foreach (var value in bytes)
        {
            _ = value is < 0x20 or > 0x7e or (byte)'\\' ? to.Append($"\\x{value:x2}") : to.Append((char)value);
        }

        to.Append('\n');
    }
}
