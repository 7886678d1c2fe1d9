using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class StreamingTests
{
    [Fact]
    public async Task What_is_flushed_arrives_while_the_application_goes_on()
    {
        var go = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("first ");
            await go.Task;
            await http.Response.WriteAsync("second");
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.Body == "first ");
        Assert.Equal(-1, exchange.ContentLength);
        Assert.Equal(SendFlags.Head | SendFlags.Flush, exchange.Pieces[0].Flags & ~SendFlags.Defer);
        go.SetResult();
        await exchange.Completion();

        Assert.Equal("first second", exchange.Body);
        Assert.True(exchange.Ended);
    }

    [Fact]
    public async Task What_is_flushed_arrives_although_the_application_blocks()
    {
        using var go = new ManualResetEventSlim();
        await using var server = await MemoryServer.Handle(http =>
        {
            http.Response.WriteAsync("first ").GetAwaiter().GetResult();
            go.Wait();
            return http.Response.WriteAsync("second");
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.Body == "first " && !seen.Ended);
        go.Set();
        await exchange.Completion();

        Assert.Equal("first second", exchange.Body);
    }

    [Fact]
    public async Task What_is_not_flushed_goes_out_at_the_end()
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var span = http.Response.BodyWriter.GetSpan(5);
            "Hello"u8.CopyTo(span);
            http.Response.BodyWriter.Advance(5);
            return Task.CompletedTask;
        });

        var answer = await server.Get("/");

        Assert.Equal("Hello", answer.Body);
        Assert.Equal(5, answer.ContentLength);
        Assert.Single(answer.Pieces);
    }

    [Fact]
    public async Task Many_small_writes_without_a_wait_leave_together()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            for (var number = 0; number < 10; number++)
            {
                await http.Response.WriteAsync($"{number}");
            }
        });
        await server.Get("/");

        var answer = await server.Get("/");

        Assert.Equal("0123456789", answer.Body);
        Assert.Single(answer.Pieces);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task Large_answers_arrive_whole_in_order(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        await using var server = await MemoryServer.Handle(async http => await http.Response.Body.WriteAsync(body));

        Assert.Equal(body, (await server.Get("/")).BodyBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(1_000_000)]
    [InlineData(2_000_000)]
    public async Task Memory_of_any_size_can_be_had(int size)
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var writer = http.Response.BodyWriter;
            Assert.True(writer.CanGetUnflushedBytes);
            for (var round = 0; round < 3; round++)
            {
                var memory = writer.GetMemory(size);
                Assert.True(memory.Length >= Math.Max(size, 1));
                memory.Span.Fill((byte)'x');
                writer.Advance(memory.Length);
                Assert.Equal(memory.Length, writer.UnflushedBytes);
                await writer.FlushAsync();
                Assert.Equal(0, writer.UnflushedBytes);
            }
        });

        var answer = await server.Get("/");

        Assert.True(answer.Ended);
        Assert.True(answer.BodyBytes.Length >= 3 * size);
    }

    [Fact]
    public async Task A_slow_client_holds_back_the_application()
    {
        var written = 0;
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                for (; written < 1000; written++)
                {
                    await http.Response.Body.WriteAsync(new byte[1000]);
                }
            },
            memory => memory.SendWindow = 10_000);
        var exchange = server.Exchange();
        exchange.ReportsSent = false;

        exchange.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.BodyBytes.Length >= 10_000);
        await server.Settle();
        Assert.InRange(written, 10, 100);
        for (var reported = 0; exchange.Released == 0;)
        {
            var sent = exchange.BodyBytes.Length;
            exchange.ReportSent(sent - reported);
            Assert.InRange(sent - reported, 0, 20_000);
            reported = sent;
            await Task.Yield();
        }

        await exchange.Completion();
        Assert.Equal(1_000_000, exchange.BodyBytes.Length);
    }

    [Fact]
    public async Task A_flush_that_waits_can_be_cancelled_and_breaks_the_exchange()
    {
        Exception? thrown = null;
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                using var source = new CancellationTokenSource();
                var write = http.Response.Body.WriteAsync(new byte[200_000], source.Token).AsTask();
                await source.CancelAsync();
                thrown = await Record.ExceptionAsync(() => write);
            },
            memory => memory.SendWindow = 1000);
        var exchange = server.Exchange();
        exchange.ReportsSent = false;

        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.IsAssignableFrom<OperationCanceledException>(thrown);
        Assert.False(exchange.Ended);
        Assert.Equal(ResetReason.App, exchange.WasReset);
    }

    [Fact]
    public async Task CancelPendingFlush_gives_a_cancelled_result()
    {
        FlushResult result = default;
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                var flush = http.Response.BodyWriter.WriteAsync(new byte[200_000]).AsTask();
                http.Response.BodyWriter.CancelPendingFlush();
                result = await flush;
            },
            memory => memory.SendWindow = 1000);
        var exchange = server.Exchange();
        exchange.ReportsSent = false;

        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.True(result.IsCanceled);
        Assert.True(exchange.Ended);
    }

    [Fact]
    public async Task CompleteAsync_ends_the_answer_while_the_application_goes_on()
    {
        var go = new TaskCompletionSource();
        Exception? late = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("Hello");
            await http.Response.CompleteAsync();
            await go.Task;
            late = await Record.ExceptionAsync(() => http.Response.WriteAsync("late"));
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.Ended);
        Assert.Equal(0, exchange.Released);
        go.SetResult();
        await exchange.Completion();

        Assert.Equal("Hello", exchange.Body);
        Assert.IsType<InvalidOperationException>(late);
    }

    [Fact]
    public async Task A_completed_writer_takes_no_more()
    {
        Exception? late = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("Hello");
            await http.Response.BodyWriter.CompleteAsync();
            late = Record.Exception(() => http.Response.BodyWriter.GetMemory());
        });

        var answer = await server.Get("/");

        Assert.IsType<InvalidOperationException>(late);
        Assert.Equal("Hello", answer.Body);
        Assert.True(answer.Ended);
    }

    [Fact]
    public async Task A_writer_completed_with_an_exception_breaks_the_answer_off()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("Hello");
            await http.Response.BodyWriter.CompleteAsync(new FormatException("gone wrong"));
        });

        var answer = await server.Get("/");

        Assert.False(answer.Ended);
        Assert.Equal(ResetReason.App, answer.WasReset);
    }

    [Fact]
    public async Task A_writer_completed_with_an_exception_before_the_start_is_500()
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            http.Response.BodyWriter.Complete(new FormatException("gone wrong"));
            return Task.CompletedTask;
        });

        Assert.Equal(500, (await server.Get("/")).Status);
    }

    [Fact]
    public async Task A_writer_that_outlives_its_exchange_is_refused()
    {
        PipeWriter? kept = null;
        Stream? stream = null;
        await using var server = await MemoryServer.Handle(http =>
        {
            kept = http.Response.BodyWriter;
            stream = http.Response.Body;
            return http.Response.WriteAsync("Hello");
        });

        var answer = await server.Get("/");

        Assert.Throws<InvalidOperationException>(() => kept!.GetMemory());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream!.WriteAsync(new byte[1]));
        Assert.Equal("", answer.Violation);
    }

    [Fact]
    public async Task A_stream_that_outlives_its_exchange_never_reaches_the_next_client()
    {
        Stream? kept = null;
        Exception? refused = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            if (kept is { } stray)
            {
                refused = await Record.ExceptionAsync(async () => await stray.WriteAsync("secret"u8.ToArray()));
            }

            kept = http.Response.Body;
            await http.Response.WriteAsync("Hello");
        });
        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Get("/")).Completion();
        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Equal("Hello", exchange.Body);
        Assert.IsType<InvalidOperationException>(refused);
    }

    [Fact]
    public async Task A_replaced_body_stream_gets_what_the_application_writes()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var original = http.Response.Body;
            using var buffer = new MemoryStream();
            http.Response.Body = buffer;
            await http.Response.WriteAsync("Hello");
            http.Response.Body = original;
            await http.Response.WriteAsync($"{buffer.Length}");
        });

        Assert.Equal("5", (await server.Get("/")).Body);
    }

    [Fact]
    public async Task Files_go_out_by_the_web_servers_own_means()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "0123456789");
        try
        {
            await using var server = await MemoryServer.Handle(async http =>
            {
                await http.Response.WriteAsync("<");
                await http.Response.SendFileAsync(path, 2, 5);
                await http.Response.WriteAsync(">");
            });

            var answer = await server.Get("/");

            Assert.Equal("<23456>", answer.Body);
            var piece = Assert.Single(answer.Pieces, piece => piece.File is not null);
            Assert.Equal((2, 5), (piece.FileOffset, piece.FileLength));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Files_without_a_size_are_sent_with_what_is_in_them()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.SendFileAsync("/proc/self/status"));

        var answer = await server.Get("/");

        Assert.StartsWith("Name:", answer.Body, StringComparison.Ordinal);
        Assert.EndsWith("\n", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Pieces, piece => piece.File is not null);
        Assert.True(answer.Ended);
    }

    [Fact]
    public async Task Files_without_an_end_are_sent_until_the_client_goes()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.SendFileAsync("/dev/zero"));

        var exchange = server.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.BodyBytes.Length > 100_000);
        exchange.Abort(ResetReason.Client);
        await exchange.Completion();

        Assert.False(exchange.Ended);
    }

    [Fact]
    public async Task A_file_without_an_end_does_not_hold_up_the_answer_to_HEAD()
    {
        var request = RequestBlock.Get("/");
        request.Method = "HEAD";
        await using var server = await MemoryServer.Handle(http => http.Response.SendFileAsync("/dev/zero"));

        Assert.True((await server.Send(request)).Ended);
    }

    [Fact]
    public async Task Files_that_are_missing_or_too_short_are_the_applications_fault()
    {
        var path = Path.GetTempFileName();
        try
        {
            var thrown = new List<Exception?>();
            await using var server = await MemoryServer.Handle(async http =>
            {
                thrown.Add(await Record.ExceptionAsync(() => http.Response.SendFileAsync(path + ".missing")));
                thrown.Add(await Record.ExceptionAsync(() => http.Response.SendFileAsync(path, 0, 1)));
                thrown.Add(await Record.ExceptionAsync(() => http.Response.SendFileAsync(path, 1, null)));
                await http.Response.SendFileAsync(path);
            });

            var answer = await server.Get("/");

            Assert.Collection(
                thrown,
                exception => Assert.IsType<FileNotFoundException>(exception),
                exception => Assert.IsType<ArgumentOutOfRangeException>(exception),
                exception => Assert.IsType<ArgumentOutOfRangeException>(exception));
            Assert.Equal(200, answer.Status);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Content_Length_counts_files_too()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "0123456789");
        try
        {
            await using var server = await MemoryServer.Handle(http =>
            {
                http.Response.ContentLength = 10;
                return http.Response.SendFileAsync(path);
            });

            var answer = await server.Get("/");

            Assert.Equal(10, answer.ContentLength);
            Assert.True(answer.Ended);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Blocks_all_come_back()
    {
        await using (var server = await MemoryServer.Handle(async http =>
        {
            http.Response.BodyWriter.GetMemory(100);
            http.Response.BodyWriter.Advance(5);
            await http.Response.BodyWriter.FlushAsync();
            http.Response.BodyWriter.GetMemory(100);
            http.Response.BodyWriter.Advance(5);
            if (http.Request.Path == "/throw")
            {
                throw new FormatException();
            }
        }))
        {
            await server.Get("/");
            await server.Get("/throw");
        }
    }
}
