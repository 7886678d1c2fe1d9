using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>A channel as a whole: HELLO, PING, CLOSE, frames that are not well formed, draining.</summary>
public sealed class ChannelTests
{
    private const string BadFrame = "MH0650";
    private const string BadState = "MH0651";

    [Fact]
    public void The_worker_says_who_it_is()
    {
        using var worker = LocalWorker.Start();

        var hello = worker.Open().Worker;

        Assert.Equal(PeerKind.Worker, hello.Kind);
        Assert.Equal((uint)Environment.ProcessId, hello.Pid);
        Assert.Equal(7u, hello.Number);
        Assert.Equal(3u, hello.Generation);
        Assert.Equal(FrameLayout.CreditsUnlimited, hello.Credits);
    }

    [Fact]
    public void Hello_comes_first()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open(greet: false);

        shim.Request("/");

        shim.ReceiveClose(BadFrame);
    }

    [Fact]
    public void Hello_comes_once()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.SendHello();

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Hello_of_somebody_else_is_an_error()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open(greet: false);

        shim.SendHello(PeerKind.Supervisor);

        shim.ReceiveClose(BadState);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    public void Another_magic_or_version_is_an_error(int at)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open(greet: false);
        var payload = new byte[Hello.Size];
        new Hello(PeerKind.Nginx, 1).Write(payload);
        payload[at]++;

        shim.Send(new FrameHeader(FrameType.Hello), payload);

        shim.ReceiveClose("MH0652");
    }

    [Fact]
    public void Ping_is_answered()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Ping, Value: 0xfeedface));

        Assert.Equal(0xfeedface, shim.Receive(FrameType.Pong).Header.Value);
    }

    [Fact]
    public void Close_is_logged_with_its_reason()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Close, Value: 602), "because\nI say so");

        var line = worker.Supervisor.Receive(FrameType.Log);
        Assert.Contains("MH0655", line.Text, StringComparison.Ordinal);
        Assert.Contains("MH0602: because I say so", line.Text, StringComparison.Ordinal);
    }

    public static TheoryData<byte[]> BadFrames => new()
    {
        new FrameHeader((FrameType)0).Frame([]),
        new FrameHeader((FrameType)200).Frame([]),
        new FrameHeader((FrameType)255).Frame([]),
        new FrameHeader(FrameType.Send, Stream: 0x10000).Frame([]),
        new FrameHeader(FrameType.Config).Frame("{}"u8),
        new FrameHeader(FrameType.Store).Frame("x"u8),
        new FrameHeader(FrameType.Ping, Stream: 1).Frame([]),
        new FrameHeader(FrameType.Ping, Flags: 1).Frame([]),
        new FrameHeader(FrameType.Ping, Descriptors: 1).Frame([]),
        new FrameHeader(FrameType.Ping).Frame([1]),
        new FrameHeader(FrameType.Drained, Value: 1).Frame([]),
        new FrameHeader(FrameType.Hello).Frame(new byte[31]),
        new FrameHeader(FrameType.Request, Stream: 0x10000).Frame(new byte[100]),
        new FrameHeader(FrameType.Request).Frame(new byte[400]),
        new FrameHeader(FrameType.Body, Stream: 0x10000, Flags: 4).Frame([1]),
        Lengthened(new FrameHeader(FrameType.Body, Stream: 0x10000), FrameLayout.LengthMax + 1),
        Lengthened(new FrameHeader(FrameType.Body, Stream: 0x10000), int.MaxValue),
        Lengthened(new FrameHeader(FrameType.Body, Stream: 0x10000), -1),
        Padded(),
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public void A_frame_that_is_not_well_formed_ends_the_channel(byte[] frame)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.SendBytes(frame);

        shim.ReceiveClose(BadFrame);
        Assert.Equal("Hello", worker.Open().Get("/").Text);
    }

    [Fact]
    public void Frames_may_be_cut_anywhere()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        var request = new FrameHeader(FrameType.Request, Stream: shim.Next())
            .Frame(Shim.Start(RequestBlock.Get("/").Encode()));

        foreach (var value in request)
        {
            shim.SendBytes([value]);
        }

        Assert.Equal("Hello", shim.ReadAnswer(0x10000).Text);
    }

    [Fact]
    public void Descriptors_on_a_channel_are_dropped()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        var (first, second) = UnixSocket.Pair();
        var ping = new FrameHeader(FrameType.Ping).Frame([]);

        shim.SendBytes(ping, second.Number);

        shim.Receive(FrameType.Pong);
        second.Dispose();
        Assert.True(UnixSocket.Wait(first, write: false, 10_000), "somebody keeps the descriptor");
        Assert.Equal(0, UnixSocket.Receive(first, new byte[1]));
        first.Dispose();
    }

    [Fact]
    public void A_head_that_is_not_well_formed_ends_the_channel()
    {
        using var worker = LocalWorker.Start();
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(WorkerUnderTest.Metadata("RepositoryRoot"), "tests", "vectors", "bad"), "request-*.bin"))
        {
            var shim = worker.Open();
            var head = File.ReadAllBytes(file);
            if (head.Length < HeadLayout.RequestSize)
            {
                continue;
            }

            shim.Send(new FrameHeader(FrameType.Request, Stream: shim.Next()), Shim.Start(head));

            shim.ReceiveClose("MH0653");
        }

        Assert.Equal("Hello", worker.Open().Get("/").Text);
    }

    public static TheoryData<string> BadConversations => [.. Directory.EnumerateFiles(Path.Combine(
        WorkerUnderTest.Metadata("RepositoryRoot"), "tests", "vectors", "frames", "bad"), "channel-to-worker-*.bin")
        .Select(static file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(BadConversations))]
    public void The_golden_faults_end_the_channel(string name)
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open(greet: false);

        shim.SendBytes(File.ReadAllBytes(Path.Combine(
            WorkerUnderTest.Metadata("RepositoryRoot"), "tests", "vectors", "frames", "bad", name)));

        shim.ReceiveUntil(FrameType.Close);
        waits.Open();
    }

    [Fact]
    public void A_head_that_is_shorter_than_its_frame_is_not_well_formed()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        byte[] head = [.. RequestBlock.Get("/").Encode(), 0, 0, 0, 0];

        shim.Send(new FrameHeader(FrameType.Request, Stream: shim.Next()), Shim.Start(head));

        shim.ReceiveClose("MH0653");
    }

    [Theory]
    [InlineData(4095, -1L)]
    [InlineData(-1, -1L)]
    [InlineData(65536, -2L)]
    public void Limits_of_a_request_have_bounds(int window, long maxBody)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Request, Stream: shim.Next()),
            Shim.Start(RequestBlock.Get("/").Encode(), window, maxBody));

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void A_channel_that_ends_aborts_its_requests()
    {
        var aborted = new TaskCompletionSource();
        using var worker = LocalWorker.Start(async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            aborted.SetResult();
        });
        var shim = worker.Open();
        var stream = shim.Request("/");
        LocalWorker.Wait(() => shim.Begun.Load(0) == stream, "the request is not begun");

        shim.Dispose();

        Assert.True(aborted.Task.Wait(TimeSpan.FromSeconds(90)));
    }

    [Fact]
    public void Draining_lets_what_is_open_end()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var first = shim.Request("/", slot: 0);
        worker.Supervisor.Send(new FrameHeader(FrameType.DrainAll));
        shim.Receive(FrameType.Drain);

        // It crossed DRAIN.
        var second = shim.Request("/", slot: 1);
        shim.Send(new FrameHeader(FrameType.Drained));
        waits.Open();

        var ends = new[] { shim.Receive(FrameType.Send), shim.Receive(FrameType.Send) };
        Assert.Equal([first, second], ends.Select(end => end.Header.Stream).Order());
        shim.Request("/", slot: 2);
        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Stopping_waits_for_clients_that_are_slow()
    {
        using var worker = LocalWorker.Start(static context => context.Response.Body.WriteAsync(new byte[500_000]).AsTask());
        var shim = worker.Open();
        var stream = shim.Request("/", window: 100_000);
        var answer = new Answer();
        for (var bytes = 0; bytes < 100_000;)
        {
            bytes += answer.Add(shim.Receive(FrameType.Send));
        }

        worker.Supervisor.Send(new FrameHeader(FrameType.DrainAll));
        shim.Receive(FrameType.Drain);
        shim.Send(new FrameHeader(FrameType.Drained));
        shim.Send(new FrameHeader(FrameType.Ping));
        shim.Receive(FrameType.Pong);
        Assert.False(worker.Worker.App.Drained.IsCompleted);

        shim.Sent(stream, 100_000);
        while (!answer.IsOver)
        {
            var bytes = answer.Add(shim.Receive(FrameType.Send));
            if (!answer.IsOver)
            {
                shim.Sent(stream, bytes);
            }
        }

        LocalWorker.Wait(() => worker.Worker.App.Drained.IsCompleted, "it does not end");
    }

    [Fact]
    public void Drained_without_drain_is_an_error()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Drained));

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void A_channel_of_a_worker_that_drains_is_asked_at_once()
    {
        using var worker = LocalWorker.Start();
        worker.Supervisor.Send(new FrameHeader(FrameType.DrainAll));

        worker.Open().Receive(FrameType.Drain);
    }

    [Fact]
    public void A_begun_page_that_is_not_sealed_is_refused()
    {
        using var worker = LocalWorker.Start();
        var (ours, theirs) = UnixSocket.Pair();
        using var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1,
            FileOptions.DeleteOnClose);
        using var page = Descriptor.Duplicate(file.SafeFileHandle);

        worker.Supervisor.SendChannel(theirs, page);
        theirs.Dispose();

        Assert.Contains("MH0654", worker.Supervisor.Receive(FrameType.Log).Text, StringComparison.Ordinal);
        Assert.True(UnixSocket.Wait(ours, write: false, 10_000));
        Assert.Equal(0, UnixSocket.Receive(ours, new byte[1]));
        ours.Dispose();
    }

    private static byte[] Lengthened(FrameHeader header, int length)
    {
        var frame = header.Frame([]);
        BitConverter.TryWriteBytes(frame, length);
        return frame;
    }

    private static byte[] Padded()
    {
        var frame = new FrameHeader(FrameType.Close).Frame([1]);
        frame[^1] = 1;
        return frame;
    }
}
