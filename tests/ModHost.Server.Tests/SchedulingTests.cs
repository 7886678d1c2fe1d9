using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModHost.Server.Scheduling;
using ModHost.Server.Tests.InMemoryTransport;

namespace ModHost.Server.Tests;

public sealed class SchedulingTests
{
    private static readonly AsyncLocal<string?> Local = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AsyncLocals_and_culture_never_reach_the_next_request(bool inline)
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var seen = $"{Local.Value} {CultureInfo.CurrentCulture.Name} {SynchronizationContext.Current is null}";
            Local.Value = "leaked";
            CultureInfo.CurrentCulture = new CultureInfo("de-AT");
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            return http.Response.WriteAsync(seen);
        });
        var expected = $" {CultureInfo.CurrentCulture.Name} True";
        var exchanges = Enumerable.Range(0, 50).Select(_ => server.Exchange()).ToArray();

        server.Loop.Run(() => Assert.Null(Local.Value));
        foreach (var exchange in exchanges)
        {
            exchange.Begin(RequestBlock.Get("/"), inline: inline);
        }

        foreach (var exchange in exchanges)
        {
            Assert.Equal(expected, (await exchange.Completion()).Body);
        }
    }

    [Fact]
    public async Task Requests_begin_in_the_connections_context()
    {
        ExecutionContext? context = null;
        await Task.Run(() =>
        {
            Local.Value = "the app's";
            context = ExecutionContext.Capture();
        });
        var seen = new List<string?>();
        MemoryServer Configure(MemoryServer memory) => memory;
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                seen.Add(Local.Value);
                Local.Value = "changed";
                await Task.Yield();
                seen.Add(Local.Value);
            },
            memory => Configure(memory).Context = context);
        var exchange = server.Exchange();

        await exchange.Begin(RequestBlock.Get("/")).Completion();
        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Equal(["the app's", "changed", "the app's", "changed"], seen);
    }

    [Fact]
    public async Task Handlers_that_block_do_not_keep_others_waiting()
    {
        using var go = new ManualResetEventSlim();
        await using var server = await MemoryServer.Handle(http =>
        {
            if (http.Request.Path == "/block")
            {
                go.Wait();
            }

            return http.Response.WriteAsync("Hello");
        });
        var blocked = new List<MemoryExchange>();
        var free = new List<MemoryExchange>();
        server.Loop.Run(() =>
        {
            for (var number = 0; number < 16; number++)
            {
                blocked.Add(server.Exchange().Prepare(RequestBlock.Get("/block")));
                free.Add(server.Exchange().Prepare(RequestBlock.Get("/free")));
            }

            foreach (var exchange in blocked.Zip(free).SelectMany(pair => new[] { pair.First, pair.Second }))
            {
                exchange.Http.Begin(inline: false);
            }

            ModHostServer.Flush();
        });

        foreach (var exchange in free)
        {
            Assert.Equal("Hello", (await exchange.Completion()).Body);
        }

        Assert.All(blocked, exchange => Assert.Equal(0, exchange.Released));
        go.Set();
        foreach (var exchange in blocked)
        {
            await exchange.Completion();
        }
    }

    /// <summary>As in a worker process; what the application awaits is other work of the pool.</summary>
    [Fact]
    public async Task Exchanges_that_come_while_a_loop_lingers_are_run()
    {
        Lingering.IsEnabled = true;
        try
        {
            await using var server = await MemoryServer.Handle(async http =>
            {
                await Task.Yield();
                await http.Response.WriteAsync("Hello");
            });
            for (var number = 0; number < 300; number++)
            {
                Assert.Equal("Hello", (await server.Exchange().Begin(RequestBlock.Get("/")).Completion()).Body);
            }
        }
        finally
        {
            Lingering.IsEnabled = false;
        }
    }

    [Fact]
    public async Task Answers_before_a_handler_that_blocks_are_not_kept_from_the_web_server()
    {
        using var go = new ManualResetEventSlim();
        await using var server = await MemoryServer.Handle(http =>
        {
            if (http.Request.Path == "/block")
            {
                go.Wait();
            }

            return http.Response.WriteAsync("Hello");
        });
        var wakes = server.Loop.Wakes;
        MemoryExchange[] exchanges =
        [
            server.Exchange().Prepare(RequestBlock.Get("/free")),
            server.Exchange().Prepare(RequestBlock.Get("/block")),
        ];
        server.Loop.Run(() =>
        {
            exchanges[0].Http.Begin(inline: false);
            exchanges[1].Http.Begin(inline: false);
            ModHostServer.Flush();
        });

        await exchanges[0].Until(_ => server.Loop.Wakes > wakes);
        go.Set();
        await exchanges[1].Completion();
    }

    [Fact]
    public async Task Many_answers_share_a_wake()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));
        await server.Get("/");
        var exchanges = Enumerable.Range(0, 64).Select(_ => server.Exchange().Prepare(RequestBlock.Get("/"))).ToArray();
        var wakes = server.Loop.Wakes;

        server.Loop.Run(() =>
        {
            foreach (var exchange in exchanges)
            {
                exchange.Http.Begin(inline: false);
            }

            ModHostServer.Flush();
        });
        foreach (var exchange in exchanges)
        {
            await exchange.Completion();
        }

        Assert.InRange(server.Loop.Wakes - wakes, 1, 40);
    }

    [Fact]
    public async Task A_transport_that_cannot_defer_is_never_asked_to()
    {
        await using var server = await MemoryServer.Handle(
            http => http.Response.WriteAsync("Hello"), memory => memory.Defers = false);

        var answer = await server.Get("/");

        Assert.All(answer.Pieces, piece => Assert.False(piece.Flags.HasFlag(ModHost.Server.Transport.SendFlags.Defer)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_thousand_requests_over_64_objects_are_all_answered(bool yields)
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            if (yields)
            {
                await Task.Yield();
            }

            await http.Response.WriteAsync(http.Request.Path);
        });

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async client =>
        {
            var exchange = server.Exchange();
            for (var number = 0; number < 160; number++)
            {
                await exchange.Begin(RequestBlock.Get($"/{client}/{number}")).Completion();
                Assert.Equal($"/{client}/{number}", exchange.Body);
            }
        }));
    }
}
