using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class AbortTests
{
    [Fact]
    public async Task Client_disconnect_cancels_RequestAborted_off_the_loops_thread()
    {
        var begun = new TaskCompletionSource();
        var fired = new TaskCompletionSource<bool>();
        MemoryServer? memory = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.RequestAborted.Register(() => fired.SetResult(memory!.Loop.IsCurrent));
            begun.SetResult();
            await fired.Task;
        });
        memory = server;

        var exchange = server.Begin(RequestBlock.Get("/"));
        await begun.Task;
        exchange.Abort(ResetReason.Client);

        Assert.False(await fired.Task);
        await exchange.Completion();
    }

    [Fact]
    public async Task A_token_that_is_asked_for_late_is_cancelled()
    {
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var cancelled = false;
        await using var server = await MemoryServer.Handle(async http =>
        {
            begun.SetResult();
            await go.Task;
            cancelled = http.RequestAborted.IsCancellationRequested;
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await begun.Task;
        exchange.Abort(ResetReason.Client);
        go.SetResult();
        await exchange.Completion();

        Assert.True(cancelled);
    }

    [Fact]
    public async Task Writes_after_a_disconnect_succeed_silently()
    {
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        Exception? thrown = null;
        await using (var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("before");
            begun.SetResult();
            await go.Task;
            thrown = await Record.ExceptionAsync(async () =>
            {
                for (var number = 0; number < 100; number++)
                {
                    await http.Response.Body.WriteAsync(new byte[10_000]);
                }
            });
        }))
        {
            var exchange = server.Begin(RequestBlock.Get("/"));
            await begun.Task;
            await exchange.Until(seen => seen.Body == "before");
            exchange.Abort(ResetReason.Client);
            go.SetResult();
            await exchange.Completion();

            Assert.Null(thrown);
            Assert.Equal("before", exchange.Body);
            Assert.DoesNotContain(server.Logged, line => line.Text.StartsWith("MH0401:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_write_that_waits_for_a_slow_client_ends_with_it()
    {
        var begun = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                var write = http.Response.Body.WriteAsync(new byte[100_000]);
                begun.SetResult();
                await write;
            },
            memory => memory.SendWindow = 1000);
        var exchange = server.Exchange();
        exchange.ReportsSent = false;

        exchange.Begin(RequestBlock.Get("/"));
        await begun.Task;
        exchange.Abort(ResetReason.Client);

        await exchange.Completion();
    }

    [Fact]
    public async Task A_send_that_finds_the_client_gone_counts_as_sent()
    {
        Exception? thrown = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            await Task.Yield();
            thrown = await Record.ExceptionAsync(async () =>
            {
                await http.Response.WriteAsync("one");
                await http.Response.WriteAsync("two");
            });
        });
        var exchange = server.Exchange();
        exchange.Answer = SendResult.Detached;

        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Null(thrown);
    }

    [Fact]
    public async Task A_disconnect_after_the_whole_answer_is_no_abort()
    {
        var go = new TaskCompletionSource();
        var token = CancellationToken.None;
        await using var server = await MemoryServer.Handle(async http =>
        {
            token = http.RequestAborted;
            http.Response.ContentLength = 5;
            await http.Response.WriteAsync("Hello");
            await go.Task;
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await exchange.Until(seen => seen.Body == "Hello");
        exchange.Abort(ResetReason.Client);
        await server.Settle();
        Assert.False(token.IsCancellationRequested);
        go.SetResult();
        await exchange.Completion();
    }

    [Fact]
    public async Task The_application_can_abort()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("Hello");
            http.Abort();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });

        var answer = await server.Get("/");

        Assert.Equal(ResetReason.App, answer.WasReset);
        Assert.False(answer.Ended);
        Assert.DoesNotContain(server.Logged, line => line.Text.StartsWith("MH0401:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_was_set_is_what_the_application_sees()
    {
        using var own = new CancellationTokenSource();
        await using var server = await MemoryServer.Handle(http =>
        {
            http.RequestAborted = own.Token;
            Assert.Equal(own.Token, http.RequestAborted);
            return http.Response.WriteAsync("Hello");
        });

        Assert.Equal("Hello", (await server.Get("/")).Body);
    }

    [Fact]
    public async Task A_callback_that_throws_is_logged()
    {
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.RequestAborted.Register(() => throw new FormatException("from a callback"));
            begun.SetResult();
            await go.Task;
        });

        var exchange = server.Begin(RequestBlock.Get("/"));
        await begun.Task;
        exchange.Abort(ResetReason.Client);
        await exchange.Until(_ => server.Logged.Any(line => line.Text.StartsWith("MH0404:", StringComparison.Ordinal)));
        go.SetResult();
        await exchange.Completion();
    }

    [Fact]
    public async Task Calls_that_come_late_are_ignored()
    {
        var token = CancellationToken.None;
        await using var server = await MemoryServer.Handle(http =>
        {
            token = http.RequestAborted;
            return http.Response.WriteAsync("Hello");
        });
        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Post("/", 5), "Hello"u8.ToArray()).Completion();

        server.Loop.Run(() =>
        {
            exchange.Http.Body("late"u8, end: true);
            exchange.Http.Sent(5);
            exchange.Http.Abort(ResetReason.Client);
        });

        Assert.False(token.IsCancellationRequested);
        await exchange.Begin(RequestBlock.Get("/")).Completion();
        Assert.Equal("Hello", exchange.Body);
        Assert.False(token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_thousand_disconnects_at_random_moments_leave_nothing_behind()
    {
        var fired = 0;
        var random = new Random(7);
        await using (var server = await MemoryServer.Handle(async http =>
        {
            using var registration = http.RequestAborted.Register(() => Interlocked.Increment(ref fired));
            await http.Response.WriteAsync("one");
            await Task.Yield();
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            await http.Response.WriteAsync("two");
            await Task.Delay(1, http.RequestAborted);
        }))
        {
            var exchanges = Enumerable.Range(0, 20).Select(_ => server.Exchange()).ToArray();
            for (var round = 0; round < 50; round++)
            {
                foreach (var exchange in exchanges)
                {
                    exchange.Begin(RequestBlock.Post("/", 10), new byte[random.Next(2) == 0 ? 10 : 5], ends: false);
                }

                foreach (var exchange in exchanges)
                {
                    if (random.Next(4) == 0)
                    {
                        await Task.Yield();
                    }

                    exchange.Abort(ResetReason.Client);
                }

                foreach (var exchange in exchanges)
                {
                    await exchange.Completion();
                }
            }

            Assert.True(fired > 0);
        }
    }
}
