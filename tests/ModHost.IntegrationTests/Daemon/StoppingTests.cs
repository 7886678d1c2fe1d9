using System.Net.WebSockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>When the web server's master is gone, every application of every group has been stopped.</summary>
[Trait("Mode", "daemon")]
public sealed class StoppingTests
{
    private const int Workers = 4;

    [Theory, Trait("Set", "core")]
    [InlineData(nameof(Order.Quit))]
    [InlineData(nameof(Order.Stop))]
    public async Task The_end_of_the_master_is_seen_by_every_worker_of_every_group(string order)
    {
        var folder = Settings.NewFolder("life");
        try
        {
            await using var server = await Start(folder);
            Assert.Equal(Workers, Noted(folder, "started"));
            Assert.Equal(0, Noted(folder, "stopping"));
            Assert.Equal(0, await server.Quit(Enum.Parse<Order>(order)));
            Assert.Equal(Workers, Noted(folder, "stopping"));
            Assert.Equal(Workers, Noted(folder, "stopped"));
            Assert.Empty(server.Alarming());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_reload_that_removes_a_group_stops_its_applications_and_no_others()
    {
        var folder = Settings.NewFolder("life");
        try
        {
            await using var server = await Start(folder);
            server.Configure(await Setup(folder, AppRuntime.Jit));
            await server.Reload("/jit/empty");
            await Wait.Until("the removed group has stopped", () => Noted(folder, "stopped") == Workers / 2);
            Assert.Equal(200, (await RawConnection.Get(server.Port, "/jit/empty")).Status);
            await server.CheckSane();
            Assert.Equal(0, await server.Quit());
            Assert.Equal(Workers, Noted(folder, "stopped"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_rolling_restart_asks_WebSockets_to_close_by_ApplicationStopping()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=1 graceful-timeout=1s");
        var old = host.Workers.Single();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/ws/until-stopping"), CancellationToken.None);
        await host.Command(new { command = "reload", group = "shop" });
        using var deadline = new CancellationTokenSource(Wait.Limit);
        var last = await socket.ReceiveAsync(new byte[100], deadline.Token);
        Assert.Equal(WebSocketMessageType.Close, last.MessageType);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, last.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        Assert.Equal(1, host.Noted("stopped"));
        await host.Server.CheckSane();
    }

    private static async Task<ServerHost> Start(string folder)
    {
        var server = await ServerHost.Start(await Setup(folder, AppRuntime.Jit, AppRuntime.Aot), "/jit/empty");
        await server.Answers("/aot/empty", wait: true);
        return server;
    }

    // A group for each, with two processes.
    private static async Task<ServerSetup> Setup(string folder, params AppRuntime[] runtimes)
    {
        var groups = "";
        var places = new List<Place>();
        foreach (var runtime in runtimes)
        {
            var name = runtime == AppRuntime.Jit ? "jit" : "aot";
            groups += $"daemon_process {name} processes={Workers / 2}; ";
            places.Add(new($"/{name}/", $"pass {await AppBuild.Of("Probe", runtime)} process_group={name}"));
        }

        return new ServerSetup
        {
            Workers = 2,
            OwnGroups = true,
            Options = $"{ProcessGroups.Preamble} queue_timeout 60s; env PROBE_LIFE_FILE {folder}/life; {groups}",
            Places = places,
        };
    }

    private static int Noted(string folder, string what) => Directory.EnumerateFiles(folder)
        .SelectMany(File.ReadLines).Count(line => line.StartsWith(what + " ", StringComparison.Ordinal));
}
