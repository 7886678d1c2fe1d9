using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class StoppingTests
{
    [Fact]
    public async Task The_server_stops_when_the_web_server_has_drained_and_no_request_runs()
    {
        var go = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            await go.Task;
            await http.Response.WriteAsync("Hello");
        });
        var exchange = server.Begin(RequestBlock.Get("/"));

        var stop = server.Server.StopAsync(CancellationToken.None);
        await server.Settle();
        Assert.False(stop.IsCompleted);
        server.Drain();
        await server.Settle();
        Assert.False(stop.IsCompleted);
        go.SetResult();
        await stop.WaitAsync(TimeSpan.FromSeconds(90));

        Assert.Equal("Hello", (await exchange.Completion()).Body);
    }

    [Fact]
    public async Task New_requests_are_served_until_the_web_server_has_drained()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));

        var stop = server.Server.StopAsync(CancellationToken.None);
        Assert.Equal("Hello", (await server.Get("/")).Body);
        server.Drain();
        await stop.WaitAsync(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Requests_that_outlast_the_patience_are_broken_off()
    {
        var begun = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        var exchange = server.Begin(RequestBlock.Get("/"));
        await begun.Task;

        using var patience = new CancellationTokenSource();
        var stop = server.Server.StopAsync(patience.Token);
        await patience.CancelAsync();
        await stop;

        await exchange.Completion();
        Assert.Equal(ResetReason.Shutdown, exchange.WasReset);
        Assert.Contains(server.Logged, line => line.Level == LogLevel.Warning && line.Text.StartsWith("MH0405: 1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exchange_objects_can_be_forgotten()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));
        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Get("/")).Completion();

        exchange.Http.Forget();

        Assert.Equal("Hello", (await server.Get("/")).Body);
    }

    [Fact]
    public async Task A_server_starts_once()
    {
        await using var server = await MemoryServer.Handle(_ => Task.CompletedTask);

        await Assert.ThrowsAsync<InvalidOperationException>(() => server.Server.StartAsync(new Nothing(), CancellationToken.None));
    }

    private sealed class Nothing : Microsoft.AspNetCore.Hosting.Server.IHttpApplication<string>
    {
        public string CreateContext(Microsoft.AspNetCore.Http.Features.IFeatureCollection contextFeatures) => "";

        public void DisposeContext(string context, Exception? exception)
        {
        }

        public Task ProcessRequestAsync(string context) => Task.CompletedTask;
    }
}
