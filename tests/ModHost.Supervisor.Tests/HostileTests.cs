using System.Buffers.Binary;
using System.Globalization;
using ModHost.Protocol;
using ModHost.Supervisor.Tests.Running;

namespace ModHost.Supervisor.Tests;

/// <summary>Peers that say what they may not, or too much: they are put out, and nothing else happens.</summary>
public sealed class HostileTests
{
    private static readonly byte[] s_tooLong =
        [0xff, 0xff, 0xff, 0xff, (byte)FrameType.Log, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly Dictionary<string, byte[]> s_shims = new()
    {
        ["another version"] = Hello(PeerKind.Nginx, version: 2),
        ["a worker that comes by itself"] = Hello(PeerKind.Worker),
        ["hello twice"] = [.. Hello(PeerKind.Nginx), .. Hello(PeerKind.Nginx)],
        ["have before hello"] = Frame(FrameType.Have),
        ["have twice"] = [.. Joined(), .. Frame(FrameType.Have)],
        ["half a number"] = [.. Hello(PeerKind.Nginx), .. Frame(FrameType.Have, [1, 2, 3])],
        ["demand of nobody"] = [.. Joined(), .. Frame(FrameType.Demand, new byte[Demand.Size])],
        ["demand without a number"] = [.. Joined(), .. Frame(FrameType.Demand, [1, 2])],
        ["the supervisor's own word"] = [.. Joined(), .. Frame(FrameType.Gone)],
        ["a channel's word"] = [.. Joined(), .. Frame(FrameType.Request, new byte[64])],
        ["an unknown word"] = [.. Joined(), .. Frame((FrameType)99)],
        ["too many bytes"] = [.. Joined(), .. s_tooLong],
        ["no zeros at the end"] = [.. Joined(), .. Frame(FrameType.Demand, new byte[Demand.Size + 1])[..^1], 1],
    };

    private static readonly Dictionary<string, byte[]> s_workers = new()
    {
        ["another version"] = Hello(PeerKind.Worker, version: 2),
        ["a web server"] = Hello(PeerKind.Nginx),
        ["a state that there is not"] = Frame(FrameType.State, value: 9),
        ["a category that is longer than all"] = Frame(FrameType.Log, [65], stream: 2),
        ["half a sign of life"] = Frame(FrameType.Alive, new byte[8]),
        ["the supervisor's own word"] = Frame(FrameType.Heartbeat),
        ["an unknown word"] = Frame((FrameType)99),
        ["too many bytes"] = s_tooLong,
        ["no zeros at the end"] = [.. Frame(FrameType.State, [65])[..^1], 1],
        ["goodbye"] = Frame(FrameType.Close, [65], value: 650),
    };

    public static TheoryData<string> Shims => [.. s_shims.Keys];

    public static TheoryData<string> Workers => [.. s_workers.Keys];

    [Theory]
    [MemberData(nameof(Shims))]
    public void A_web_server_process_that_says_what_it_may_not_is_put_out(string what)
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var (process, worker) = (supervisor.Supervisor, supervisor.Ready(1)[0]);
        using var shim = FakeShim.Silent(supervisor);
        shim.SendRaw(s_shims[what]);
        Until.True("it is closed", () => !shim.Read());
        Assert.Contains(shim.Seen, text => text.StartsWith("close 715", StringComparison.Ordinal));
        supervisor.HasLogged("MH0715");
        Assert.Equal((process, worker), (supervisor.Supervisor, supervisor.Ready(1)[0]));
    }

    [Fact]
    public void Descriptors_that_belong_to_no_frame_are_closed()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        var before = Descriptors(supervisor.Supervisor);
        for (var i = 1; i <= 16; i++)
        {
            using var shim = FakeShim.Silent(supervisor);
            shim.SendRaw(Hello(PeerKind.Nginx), [.. Enumerable.Repeat(0, i)]);
            Until.True("it is closed", () => !shim.Read());
        }

        Until.True("all are closed", () => Descriptors(supervisor.Supervisor) <= before);
        Assert.Equal([worker], supervisor.Workers());
    }

    [Fact]
    public void Half_a_frame_and_then_nothing_holds_nobody_up()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var stays = FakeShim.Silent(supervisor);
        stays.SendRaw(Joined()[..^20]);
        using (var leaves = FakeShim.Silent(supervisor))
        {
            leaves.SendRaw(Joined()[..7]);
        }

        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees($"worker {worker}");
        stays.SendRaw(Joined()[^20..]);
        stays.Sees($"worker {worker}");
    }

    [Fact]
    public void Who_asks_and_does_not_read_is_put_out()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        Assert.False(shim.Flood(Frame(FrameType.Ping), times: 2_000_000));
        Assert.Equal([worker], supervisor.Workers());
    }

    [Theory]
    [MemberData(nameof(Workers))]
    public void A_worker_that_says_what_it_may_not_is_replaced(string what)
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var (process, worker) = (supervisor.Supervisor, supervisor.Ready(1)[0]);
        supervisor.Order(worker, "raw " + Convert.ToHexString(s_workers[what]));
        supervisor.HasLogged("MH0714");
        Until.True("there is another worker", () => supervisor.Workers() is [var one] && one != worker);
        Until.True("the old one has ended", () => !RunningSupervisor.Lives(worker));
        Assert.Equal(process, supervisor.Supervisor);
    }

    [Fact]
    public void Descriptors_of_a_worker_are_not_kept()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "print begin");
        var before = Descriptors(supervisor.Supervisor);
        for (var i = 0; i < 50; i++)
        {
            supervisor.Order(worker, "raw-with-descriptor " + Convert.ToHexString(Frame(FrameType.Ping)));
        }

        supervisor.OrderDone(worker, "print end");
        Until.True("all are closed", () => Descriptors(supervisor.Supervisor) <= before);
        Assert.Equal([worker], supervisor.Workers());
    }

    [Fact]
    public void Half_a_frame_of_a_worker_is_waited_for()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "set silent=1");
        var line = Frame(FrameType.Log, "in two pieces"u8.ToArray(), value: 4);
        supervisor.OrderDone(worker, "raw " + Convert.ToHexString(line[..21]));
        Assert.Equal([worker], supervisor.Workers());
        supervisor.Order(worker, "raw " + Convert.ToHexString(line[21..]));
        supervisor.HasLogged("in two pieces");
    }

    [Fact]
    public void A_flood_of_lines_keeps_nobody_from_an_answer()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.Order(worker, "flood 50000");
        supervisor.OrderDone(worker, "print after the flood");
        Assert.Equal([worker], supervisor.Workers());
    }

    private static int Descriptors(int pid) =>
        Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).Length;

    internal static byte[] Frame(FrameType type, byte[]? payload = null, uint stream = 0, uint value = 0) =>
        new FrameHeader(type, Stream: stream, Value: value).Frame(payload ?? []);

    private static byte[] Hello(PeerKind kind, ushort version = 1)
    {
        var payload = new byte[ModHost.Protocol.Hello.Size];
        new Hello(kind, (uint)Environment.ProcessId, 1).Write(payload);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(4), version);
        return Frame(FrameType.Hello, payload);
    }

    private static byte[] Joined() => [.. Hello(PeerKind.Nginx), .. Frame(FrameType.Have)];
}
