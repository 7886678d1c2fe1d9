using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

/// <summary>What an application keeps of a request must not reach another client's.</summary>
public sealed class ReuseTests
{
    [Fact]
    public async Task The_context_of_a_connection_is_reused_for_that_connection_only()
    {
        var contexts = new Dictionary<string, HttpContext>();
        await using var server = await MemoryServer.Handle(http =>
        {
            contexts[http.Request.Path] = http;
            return Task.CompletedTask;
        });
        var exchange = server.Exchange();
        await exchange.Begin(Get("/one/first", connection: 1)).Completion();
        await exchange.Begin(Get("/two/first", connection: 2)).Completion();
        await exchange.Begin(Get("/one/second", connection: 1)).Completion();
        await exchange.Begin(Get("/two/second", connection: 2)).Completion();

        Assert.Same(contexts["/one/first"], contexts["/one/second"]);
        Assert.Same(contexts["/two/first"], contexts["/two/second"]);
        Assert.NotSame(contexts["/one/first"], contexts["/two/first"]);
    }

    [Fact]
    public async Task Equal_numbers_of_two_web_servers_are_two_connections()
    {
        var contexts = new List<HttpContext>();
        await using var server = await MemoryServer.Handle(http =>
        {
            contexts.Add(http);
            return Task.CompletedTask;
        });
        var exchange = server.Exchange();
        foreach (var origin in (object[])[this, contexts, this])
        {
            exchange.From = origin;
            await exchange.Begin(Get("/", connection: 1)).Completion();
        }

        Assert.NotSame(contexts[0], contexts[1]);
        Assert.Same(contexts[0], contexts[2]);
    }

    [Fact]
    public async Task Every_connection_has_an_object_of_its_own_however_many_there_are()
    {
        var paths = new Dictionary<HttpContext, string>();
        await using var server = await MemoryServer.Handle(http =>
        {
            var connection = http.Request.Path.Value!;
            Assert.Equal(connection, paths.GetValueOrDefault(http, connection));
            paths[http] = connection;
            http.Response.Headers["X-Ok"] = "1";
            return Task.CompletedTask;
        });
        var exchange = server.Exchange();
        for (var round = 0; round < 3; round++)
        {
            for (var connection = 0; connection < 2000; connection++)
            {
                await exchange.Begin(Get($"/{connection}", (ulong)connection)).Completion();
                Assert.Equal("1", exchange.Headers["X-Ok"]);
            }
        }
    }

    [Fact]
    public async Task A_context_that_was_kept_tells_nothing_of_the_next_client()
    {
        HttpContext? kept = null;
        IHttpRequestFeature? request = null;
        IHeaderDictionary? headers = null;
        var go = new TaskCompletionSource();
        var inside = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            if (kept is null)
            {
                kept = http;
                request = http.Features.Get<IHttpRequestFeature>();
                headers = http.Request.Headers;
                return;
            }

            inside.SetResult();
            await go.Task;
            await http.Response.WriteAsync(http.Request.Path + http.Request.Headers.Authorization);
        });
        var exchange = server.Exchange();
        await exchange.Begin(Get("/mine", connection: 1)).Completion();
        exchange.Begin(Get("/secret", connection: 2).Header("Authorization", "Bearer token"));
        await inside.Task;

        Assert.Throws<ObjectDisposedException>(() => kept!.Request.Path);
        Assert.Throws<ObjectDisposedException>(() => request!.Path);
        Assert.Throws<ObjectDisposedException>(() => request!.RawTarget);
        Assert.Empty(headers!.Authorization.ToString());
        Assert.Empty(headers);
        go.SetResult();
        Assert.Equal("/secretBearer token", (await exchange.Completion()).Body);
    }

    [Fact]
    public async Task What_comes_too_late_does_not_disturb_the_next_request()
    {
        IHttpResponseFeature? response = null;
        IHttpResponseBodyFeature? body = null;
        IHttpRequestLifetimeFeature? lifetime = null;
        PipeWriter? writer = null;
        PipeReader? reader = null;
        await using var server = await MemoryServer.Handle(http =>
        {
            response = http.Features.Get<IHttpResponseFeature>();
            body = http.Features.Get<IHttpResponseBodyFeature>();
            lifetime = http.Features.Get<IHttpRequestLifetimeFeature>();
            writer = http.Response.BodyWriter;
            reader = http.Request.BodyReader;
            return http.Response.WriteAsync("Hello");
        });
        var exchange = server.Exchange();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("Hello", (await exchange.Begin(RequestBlock.Get("/")).Completion()).Body);
            Assert.Equal(200, exchange.Status);
            Assert.DoesNotContain("X-Late", exchange.Headers.Keys);

            Assert.Throws<InvalidOperationException>(() => response!.StatusCode = 404);
            Assert.Throws<InvalidOperationException>(() => response!.Headers["X-Late"] = "1");
            Assert.Throws<InvalidOperationException>(() => response!.OnStarting(_ => Task.CompletedTask, this));
            Assert.Throws<ObjectDisposedException>(() => response!.OnCompleted(_ => throw new FormatException(), this));
            Assert.Throws<ObjectDisposedException>(() => lifetime!.Abort());
            Assert.Throws<InvalidOperationException>(() => writer!.GetMemory());
            Assert.Throws<InvalidOperationException>(() => writer!.Advance(0));
            reader!.CancelPendingRead();
            writer!.CancelPendingFlush();
            writer!.Complete(new FormatException());
            await body!.StartAsync();
            await body.CompleteAsync();
        }

        Assert.DoesNotContain(server.Logged, line => line.Text.StartsWith("MH04", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Writers_that_nobody_waits_for_lose_no_memory_and_reach_no_other_client()
    {
        var stop = false;
        await using (var server = await MemoryServer.Handle(http =>
        {
            var mine = (byte)http.Request.Path.Value![1];
            for (var writer = 0; writer < 4; writer++)
            {
                _ = Task.Run(() => Scribble(http.Response.BodyWriter, mine, () => Volatile.Read(ref stop)));
            }

            return http.Response.WriteAsync($"{(char)mine}");
        }))
        {
            var exchange = server.Exchange();
            for (var round = 0; round < 200; round++)
            {
                var mine = (char)('a' + (round % 26));
                await exchange.Begin(Get($"/{mine}", (ulong)round)).Completion();
                Assert.DoesNotContain(exchange.BodyBytes, value => value != mine);
            }

            Volatile.Write(ref stop, true);
        }
    }

    private static async Task Scribble(PipeWriter writer, byte value, Func<bool> stopped)
    {
        var bytes = new byte[100];
        Array.Fill(bytes, value);
        try
        {
            for (var turn = 0; turn < 100 && !stopped(); turn++)
            {
                await writer.WriteAsync(bytes);
            }
        }
        catch (InvalidOperationException)
        {
            // What it deserves.
        }
    }

    private static RequestBlock Get(string target, ulong connection)
    {
        var request = RequestBlock.Get(target);
        request.ConnectionId = connection;
        return request;
    }
}
