using Microsoft.AspNetCore.Http;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>The table "A stream, as the worker sees it" of docs/protocol.md, row by row.</summary>
public sealed class StreamStateTests
{
    private const string BadState = "MH0651";

    private static readonly string[] s_late = ["body", "sent", "abort"];

    public static TheoryData<string> StreamFrames => [.. s_late];

    [Fact]
    public void Idle_a_request_with_the_next_count_opens_the_stream()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        for (var use = 0; use < 3; use++)
        {
            Assert.Equal("Hello", shim.Get("/").Text);
        }
    }

    [Fact]
    public void Idle_the_count_wraps_to_one()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        for (var use = 0; use < 65535 + 2; use++)
        {
            Assert.True(shim.Get("/").Ended);
        }

        Assert.Equal(3, FrameLayout.Count(shim.Next()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(65535)]
    public void Idle_a_request_with_another_count_is_an_error(int count)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Request, Stream: FrameLayout.Stream(0, count)),
            Shim.Start(RequestBlock.Get("/").Encode()));

        shim.ReceiveClose(count == 0 ? "MH0650" : BadState);
    }

    [Theory]
    [MemberData(nameof(StreamFrames))]
    public void Idle_a_frame_for_the_last_number_has_crossed_and_is_ignored(string frame)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        var stream = shim.Request("/");
        shim.ReadAnswer(stream);

        Say(shim, frame, stream);

        Assert.Equal("Hello", shim.Get("/").Text);
    }

    [Theory]
    [MemberData(nameof(StreamFrames))]
    public void Idle_a_frame_for_another_number_is_an_error(string frame)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();
        var stream = shim.Request("/");
        shim.ReadAnswer(stream);

        Say(shim, frame, FrameLayout.Stream(0, FrameLayout.Count(stream) + 1));

        shim.ReceiveClose(BadState);
    }

    [Theory]
    [MemberData(nameof(StreamFrames))]
    public void Idle_a_frame_for_a_slot_that_was_never_used_is_an_error(string frame)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        Say(shim, frame, FrameLayout.Stream(65535, 1));

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Open_a_request_for_the_slot_is_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        shim.Request("/");

        shim.Request("/");

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Open_the_body_comes_within_the_window()
    {
        using var worker = LocalWorker.Start(Echo);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", 10));
        Assert.Equal(10u, shim.Receive(FrameType.Read).Header.Value);

        shim.Body(stream, "01234"u8, end: false);
        shim.Body(stream, "56789"u8, end: true);

        Assert.Equal("0123456789", shim.ReadAnswer(stream).Text);
    }

    [Fact]
    public void Open_trailers_end_the_body_and_reach_the_application()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            await context.Request.Body.CopyToAsync(context.Response.Body);
            await context.Response.WriteAsync($" {context.Request.GetTrailer("X-Sum")}");
        });
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", -1));
        shim.Receive(FrameType.Read);

        shim.Body(stream, "01234"u8, end: false);
        shim.Trailers(stream, new RequestBlock().Header("X-Sum", "42").Encode());

        Assert.Equal("01234 42", shim.ReadAnswer(stream).Text);
    }

    [Fact]
    public void Open_trailers_that_are_not_well_formed_are_an_error()
    {
        using var worker = LocalWorker.Start(Echo);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", -1));
        shim.Receive(FrameType.Read);

        shim.Trailers(stream, new byte[40]);

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Open_more_body_than_granted_is_an_error()
    {
        using var worker = LocalWorker.Start(Echo);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", 10));
        shim.Receive(FrameType.Read);

        shim.Body(stream, "0123456789A"u8, end: true);

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Open_body_before_any_read_is_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", 10).Header("Expect", "100-continue"));

        shim.Body(stream, "0"u8, end: false);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Open_body_after_its_end_is_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", 10));
        shim.Receive(FrameType.Read);
        shim.Body(stream, "01234"u8, end: true);

        shim.Body(stream, "5"u8, end: false);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Open_body_for_a_request_without_one_is_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var stream = shim.Request("/");

        shim.Body(stream, [], end: true);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Open_body_without_anything_is_an_error()
    {
        using var worker = LocalWorker.Start(Echo);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", -1));
        shim.Receive(FrameType.Read);

        shim.Body(stream, [], end: false);

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void Open_more_sent_than_is_under_way_is_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(async context =>
        {
            await context.Response.WriteAsync("0123456789");
            await context.Response.Body.FlushAsync();
            await waits.Wait(context);
        });
        var shim = worker.Open();
        var stream = shim.Request("/");
        shim.Receive(FrameType.Send);
        shim.Sent(stream, 6);

        shim.Sent(stream, 5);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    public void Open_sent_of_nothing_or_of_too_much_is_an_error(uint bytes)
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var stream = shim.Request("/");

        shim.Send(new FrameHeader(FrameType.Sent, Stream: stream, Value: bytes));

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Open_reset_ends_the_stream()
    {
        using var worker = LocalWorker.Start(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var shim = worker.Open();

        Assert.Equal(4u, shim.Get("/").WasReset);
        Assert.Equal(4u, shim.Get("/").WasReset);
    }

    [Fact]
    public void Open_not_begun_is_refused_where_the_web_server_has_taken_it()
    {
        var calls = 0;
        using var worker = LocalWorker.Start(context =>
        {
            calls++;
            return Task.CompletedTask;
        });
        var shim = worker.Open();
        shim.Begun.Store(0, FrameLayout.BegunTaken);

        Assert.True(shim.Get("/").WasRefused);
        Assert.Equal(0, calls);
        Assert.Equal(FrameLayout.BegunTaken, shim.Begun.Load(0));
    }

    [Fact]
    public void Open_the_begun_page_has_the_number_before_the_application_is_called()
    {
        var seen = new List<uint>();
        Shim? shim = null;
        using var worker = LocalWorker.Start(context =>
        {
            seen.Add(shim!.Begun.Load(5));
            return Task.CompletedTask;
        });
        shim = worker.Open();

        var first = shim.Request("/", slot: 5);
        shim.ReadAnswer(first);
        var second = shim.Request("/", slot: 5);
        shim.ReadAnswer(second);

        Assert.Equal([first, second], seen);
    }

    [Fact]
    public void Open_abort_fires_RequestAborted_and_release_follows()
    {
        using var worker = LocalWorker.Start(async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var shim = worker.Open();
        var stream = shim.Request("/");
        LocalWorker.Wait(() => shim.Begun.Load(0) == stream, "the request is not begun");

        shim.Abort(stream);

        Assert.True(shim.ReadAnswer(stream).WasReleased);
        stream = shim.Request("/");
        LocalWorker.Wait(() => shim.Begun.Load(0) == stream, "the request is not begun");
        shim.Abort(stream);
        Assert.True(shim.ReadAnswer(stream).WasReleased);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    public void Open_abort_for_an_unknown_reason_is_an_error(uint reason)
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();

        shim.Abort(shim.Request("/"), reason);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Theory]
    [MemberData(nameof(StreamFrames))]
    public void Aborted_any_frame_is_an_error(string frame)
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait);
        var shim = worker.Open();
        var stream = shim.Request(RequestBlock.Post("/", 10));
        shim.Receive(FrameType.Read);
        shim.Abort(stream);

        Say(shim, frame, stream);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void Aborted_what_the_application_still_writes_is_dropped()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(async context =>
        {
            await waits.Wait(context);
            await context.Response.WriteAsync("too late");
        });
        var shim = worker.Open();
        var stream = shim.Request("/");
        LocalWorker.Wait(() => shim.Begun.Load(0) == stream, "the request is not begun");
        shim.Abort(stream);
        shim.Send(new FrameHeader(FrameType.Ping, Value: 1));
        shim.Receive(FrameType.Pong);

        waits.Open();

        var answer = shim.ReadAnswer(stream);
        Assert.True(answer.WasReleased);
        Assert.Empty(answer.HeadBlock);
    }

    private static async Task Echo(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Response.Body.WriteAsync(body.ToArray());
    }

    private static void Say(Shim shim, string frame, uint stream)
    {
        switch (frame)
        {
            case "body":
                shim.Body(stream, "x"u8, end: false);
                break;
            case "sent":
                shim.Sent(stream, 1);
                break;
            default:
                shim.Abort(stream);
                break;
        }
    }
}
