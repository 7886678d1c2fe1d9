using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>What an application answers, as frames.</summary>
public sealed class ResponseTests
{
    private const int Send = 16;

    [Fact]
    public void A_small_answer_is_one_frame()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        var stream = shim.Request("/");

        var frame = shim.Receive(FrameType.Send);

        Assert.Equal(stream, frame.Header.Stream);
        Assert.Equal(0x03, frame.Header.Flags & 0x03);
        var answer = new Answer();
        answer.Add(frame);
        Assert.Equal("Hello", answer.Text);
        shim.ReceiveNothing();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(1_000_000)]
    [InlineData(5_000_000)]
    public void Bodies_of_all_sizes_arrive_whole(int size)
    {
        var body = Pattern(size);
        using var worker = LocalWorker.Start(context => context.Response.Body.WriteAsync(body).AsTask());
        var shim = worker.Open();

        for (var i = 0; i < 3; i++)
        {
            var answer = shim.Get("/");

            Assert.True(answer.Ended);
            Assert.True(body.AsSpan().SequenceEqual(answer.Body));
            Assert.InRange(answer.LargestPiece, 1, FrameLayout.BodyMax);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(100_000)]
    public void The_window_is_never_passed(int window)
    {
        var body = Pattern(1_000_000);
        using var worker = LocalWorker.Start(context => context.Response.Body.WriteAsync(body).AsTask());
        var shim = worker.Open();
        var stream = shim.Request("/", window: window);
        var answer = new Answer();
        var underWay = 0;
        var random = new Random(1);

        while (!answer.IsOver)
        {
            // As long as something comes, nothing is said of what was sent.
            while (!answer.IsOver && shim.TryReceive(underWay == 0 ? 30_000 : 5) is { } frame)
            {
                underWay += answer.Add(frame);
                Assert.InRange(underWay, 0, window);
            }

            if (!answer.IsOver)
            {
                var sent = random.Next(1, underWay + 1);
                shim.Sent(stream, sent);
                underWay -= sent;
            }
        }

        Assert.True(body.AsSpan().SequenceEqual(answer.Body));
    }

    [Fact]
    public void A_stream_that_nobody_reads_delays_no_other()
    {
        var body = Pattern(10_000_000);
        using var worker = LocalWorker.Start(context => context.Request.Path == "/large"
            ? context.Response.Body.WriteAsync(body).AsTask()
            : context.Response.WriteAsync("small"));
        var shim = worker.Open();
        var large = shim.Request("/large", slot: 1, window: 262144);
        var answer = new Answer();
        for (var bytes = 0; bytes < 262144;)
        {
            bytes += answer.Add(shim.Receive(FrameType.Send));
        }

        Assert.Equal("small", shim.Get("/", slot: 2).Text);

        shim.Abort(large);
        Assert.True(shim.ReadAnswer(large).WasReleased);
    }

    [Fact]
    public void Streams_take_turns_of_64_KiB()
    {
        var body = Pattern(1_000_000);
        using var ready = new CountdownEvent(4);
        using var worker = LocalWorker.Start(context => context.Response.Body.WriteAsync(body).AsTask());
        var shim = worker.Open();
        var answers = new Dictionary<uint, Answer>();
        for (var slot = 0; slot < 4; slot++)
        {
            answers.Add(shim.Request("/", slot, window: 262144), new Answer());
        }

        var pieces = new Dictionary<uint, int>();
        while (answers.Values.Any(answer => !answer.IsOver))
        {
            var frame = shim.Receive(FrameType.Send);
            var stream = frame.Header.Stream;
            var bytes = answers[stream].Add(frame);
            pieces[stream] = pieces.GetValueOrDefault(stream) + 1;
            if (bytes > 0 && !answers[stream].IsOver)
            {
                shim.Sent(stream, bytes);
            }
        }

        Assert.All(answers.Values, answer => Assert.True(body.AsSpan().SequenceEqual(answer.Body)));
        Assert.All(pieces.Values, count => Assert.InRange(count, 16, 100));
    }

    [Fact]
    public void Files_go_by_descriptor_with_head_before_and_rest_behind()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "0123456789");
        using var worker = LocalWorker.Start(async context =>
        {
            await context.Response.WriteAsync("before ");
            await context.Response.SendFileAsync(path, 2, 5);
            await context.Response.WriteAsync(" behind");
        });
        var shim = worker.Open();

        Assert.Equal("before 23456 behind", shim.Get("/").Text);
        File.Delete(path);
    }

    [Fact]
    public void A_file_may_be_longer_than_the_window()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, Pattern(300_000));
        using var worker = LocalWorker.Start(context => context.Response.SendFileAsync(path));
        var shim = worker.Open();
        var stream = shim.Request("/", window: 4096);

        Assert.Equal(300_000, shim.ReadAnswer(stream).Body.Length);
        File.Delete(path);
    }

    [Fact]
    public void What_is_no_regular_file_resets_the_stream_alone()
    {
        using var worker = LocalWorker.Start(context => context.Request.Path == "/"
            ? context.Response.WriteAsync("Hello")
            : context.Features.GetRequiredFeature<IHttpResponseBodyFeature>()
                .SendFileAsync("/proc/self/fd", 0, 0, default));
        var shim = worker.Open();

        shim.Get("/folder");

        Assert.Equal("Hello", shim.Get("/").Text);
    }

    [Fact]
    public void Trailers_end_the_stream_in_a_frame_of_their_own()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("x-sum", "42");
        });
        var shim = worker.Open();
        var stream = shim.Request(new RequestBlock { HttpVersion = 0x0200 });

        var answer = shim.ReadAnswer(stream);

        Assert.Equal("body", answer.Text);
        var trailers = new ResponseHead(answer.TrailerBlock);
        Assert.Equal("42", Encoding.ASCII.GetString(trailers.Header(0).Value));
    }

    [Fact]
    public void A_head_alone_comes_at_once()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(async context =>
        {
            context.Response.StatusCode = 202;
            await context.Response.Body.FlushAsync();
            await waits.Wait(context);
        });
        var shim = worker.Open();
        var stream = shim.Request("/");

        var answer = new Answer();
        answer.Add(shim.Receive(FrameType.Send));

        Assert.Equal(202, answer.Status);
        Assert.False(answer.Ended);
        waits.Open();
        Assert.Equal(stream, shim.Receive(FrameType.Send).Header.Stream);
    }

    [Fact]
    public void An_exception_after_the_head_resets_the_stream()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("a bug");
        });
        var shim = worker.Open();

        var answer = shim.Get("/");

        Assert.Equal("half", answer.Text);
        Assert.False(answer.Ended);
        Assert.Equal(4u, answer.WasReset);
    }

    [Fact]
    public void After_an_upgrade_bytes_go_both_ways()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            var buffer = new byte[100];
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read));
                await stream.FlushAsync();
            }
        });
        var shim = worker.Open();
        var request = new RequestBlock { Traits = RequestTraits.Upgradable }
            .Header("Upgrade", "test").Header("Connection", "Upgrade");
        var stream = shim.Request(request);
        var answer = new Answer();
        while (answer.Granted == 0 || answer.Status == 0)
        {
            answer.Add(shim.TryReceive(30_000)!);
        }

        Assert.Equal(101, answer.Status);
        shim.Body(stream, "ping"u8, end: false);
        var echo = shim.ReceiveUntil(FrameType.Send);
        Assert.Equal("ping", echo.Text);
        shim.Sent(stream, 4);
        shim.Body(stream, [], end: true);

        Assert.True(shim.ReadAnswer(stream).Ended);
    }

    [Fact]
    public void Uploads_go_on_as_they_are_read()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            long length = 0;
            var buffer = new byte[10_000];
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                length += read;
            }

            await context.Response.WriteAsync(length.ToString());
        });
        var shim = worker.Open();
        const int Size = 1_000_000;
        var stream = shim.Request(RequestBlock.Post("/", Size));
        var left = Size;
        while (left > 0)
        {
            var granted = (int)shim.Receive(FrameType.Read).Header.Value;
            Assert.InRange(granted, 1, left);
            left -= granted;
            shim.Body(stream, new byte[granted], end: left == 0);
        }

        Assert.Equal(Size.ToString(), shim.ReadAnswer(stream).Text);
    }

    [Fact]
    public void Many_requests_at_a_time_are_all_answered()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            if (context.Request.Query.ContainsKey("wait"))
            {
                await Task.Yield();
            }

            await context.Response.WriteAsync(context.Request.Path.Value![1..]);
        });
        var shim = worker.Open();
        var open = new Dictionary<uint, (string Expected, Answer Answer)>();
        for (var round = 0; round < 20; round++)
        {
            for (var slot = 0; slot < 200; slot++)
            {
                var text = $"{round}-{slot}";
                open.Add(shim.Request($"/{text}{(slot % 3 == 0 ? "?wait=1" : "")}", slot), (text, new Answer()));
            }

            while (open.Count > 0)
            {
                var frame = shim.Receive(FrameType.Send);
                var (expected, answer) = open[frame.Header.Stream];
                answer.Add(frame);
                if (answer.IsOver)
                {
                    Assert.Equal(expected, answer.Text);
                    open.Remove(frame.Header.Stream);
                }
            }
        }
    }

    private static byte[] Pattern(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
