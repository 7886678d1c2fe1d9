using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class UpgradeTests
{
    [Fact]
    public async Task Bytes_go_both_ways_until_the_application_returns()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            var buffer = new byte[100];
            int length;
            while ((length = await stream.ReadAsync(buffer)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, length));
            }
        });

        var exchange = server.Begin(Request(), [], ends: false);
        await exchange.Until(seen => seen.Status == 101);
        Assert.Equal(SendFlags.Head | SendFlags.Upgrade | SendFlags.Flush, exchange.Pieces[0].Flags & ~SendFlags.Defer);
        Assert.Equal("Upgrade", exchange.Headers["Connection"]);
        exchange.Upload("one"u8.ToArray(), ends: false);
        await exchange.Until(seen => seen.Body == "one");
        exchange.Upload("two"u8.ToArray(), ends: true);
        await exchange.Completion();

        Assert.Equal("onetwo", exchange.Body);
        Assert.True(exchange.Ended);
    }

    [Fact]
    public async Task An_application_that_fails_because_its_client_has_gone_breaks_nothing_off()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.ReadExactlyAsync(new byte[100]);
        });

        var exchange = server.Begin(Request(), [], ends: false);
        await exchange.Until(seen => seen.Status == 101);
        exchange.Upload("one"u8.ToArray(), ends: true);
        await exchange.Completion();

        Assert.True(exchange.Ended);
        Assert.Equal(ResetReason.None, exchange.WasReset);
        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0401:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_body_of_an_upgraded_request_is_empty_and_its_answer_has_none()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            Assert.True(http.Features.Get<IHttpUpgradeFeature>()!.IsUpgradableRequest);
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            var empty = await http.Request.Body.ReadAsync(new byte[10]);
            var refused = await Record.ExceptionAsync(() => http.Response.WriteAsync("no"));
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{empty} {refused?.GetType().Name}"));
        });

        var exchange = server.Begin(Request(), "client"u8.ToArray(), ends: false);
        await exchange.Completion();

        Assert.Equal("0 InvalidOperationException", exchange.Body);
    }

    [Fact]
    public async Task A_second_upgrade_is_refused()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var feature = http.Features.Get<IHttpUpgradeFeature>()!;
            await using var stream = await feature.UpgradeAsync();
            await Assert.ThrowsAsync<InvalidOperationException>(feature.UpgradeAsync);
            await stream.WriteAsync("refused"u8.ToArray());
        });

        Assert.Equal("refused", (await server.Begin(Request(), [], ends: false).Completion()).Body);
    }

    [Fact]
    public async Task Requests_that_cannot_be_upgraded_are_refused()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var feature = http.Features.Get<IHttpUpgradeFeature>()!;
            var thrown = await Record.ExceptionAsync(feature.UpgradeAsync);
            await http.Response.WriteAsync($"{feature.IsUpgradableRequest} {thrown?.GetType().Name}");
        });

        Assert.Equal("False InvalidOperationException", (await server.Get("/")).Body);
    }

    [Fact]
    public async Task An_upgrade_after_the_start_is_refused()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("started ");
            var thrown = await Record.ExceptionAsync(http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync);
            await http.Response.WriteAsync(thrown?.GetType().Name ?? "none");
        });

        Assert.Equal("started InvalidOperationException", (await server.Send(Request())).Body);
    }

    [Fact]
    public async Task A_client_that_goes_fails_the_read()
    {
        var thrown = new TaskCompletionSource<Exception?>();
        await using var server = await MemoryServer.Handle(async http =>
        {
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            thrown.SetResult(await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1])));
        });

        var exchange = server.Begin(Request(), [], ends: false);
        await exchange.Until(seen => seen.Status == 101);
        exchange.Abort(ResetReason.Client);

        Assert.IsType<ConnectionResetException>(await thrown.Task);
        await exchange.Completion();
    }

    [Fact]
    public async Task A_client_that_goes_just_before_the_upgrade_fails_the_read()
    {
        var starting = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var thrown = new TaskCompletionSource<Exception?>();
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Response.OnStarting(() =>
            {
                starting.SetResult();
                return go.Task;
            });
            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            thrown.SetResult(await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1])));
        });

        var exchange = server.Begin(Request(), [], ends: false);
        await starting.Task;
        exchange.Abort(ResetReason.Client);
        go.SetResult();

        Assert.IsType<ConnectionResetException>(await thrown.Task.WaitAsync(TimeSpan.FromSeconds(90)));
        await exchange.Completion();
    }

    [Fact]
    public async Task The_object_serves_ordinary_requests_after_an_upgrade()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            if (http.Request.Method == "POST")
            {
                await http.Request.Body.CopyToAsync(http.Response.Body);
                return;
            }

            await using var stream = await http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.WriteAsync("upgraded"u8.ToArray());
        });
        var exchange = server.Exchange();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("upgraded", (await exchange.Begin(Request(), "junk"u8.ToArray(), ends: false).Completion()).Body);
            Assert.Equal("Hello", (await exchange.Begin(RequestBlock.Post("/", 5), "Hello"u8.ToArray()).Completion()).Body);
        }
    }

    [Fact]
    public async Task WebSockets_of_ASP_NET_Core_work()
    {
        await using var server = await MemoryServer.Start(app =>
        {
            app.UseWebSockets();
            app.Run(async http =>
            {
                using var socket = await http.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[100];
                var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
                await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, CancellationToken.None);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
            });
        });
        var request = Request().Header("Connection", "Upgrade").Header("Upgrade", "websocket")
            .Header("Sec-WebSocket-Version", "13").Header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");

        // A masked text frame "Hi", mask 0.
        var exchange = server.Begin(request, [0x81, 0x82, 0, 0, 0, 0, (byte)'H', (byte)'i'], ends: false);
        await exchange.Completion();

        Assert.Equal(101, exchange.Status);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", exchange.Headers["Sec-WebSocket-Accept"]);
        Assert.Equal("websocket", exchange.Headers["Upgrade"]);
        Assert.Equal([0x81, 2, (byte)'H', (byte)'i'], exchange.BodyBytes[..4]);
        Assert.Equal(0x88, exchange.BodyBytes[4]);
    }

    private static RequestBlock Request()
    {
        var request = RequestBlock.Get("/");
        request.Traits = RequestTraits.Upgradable;
        return request;
    }
}
