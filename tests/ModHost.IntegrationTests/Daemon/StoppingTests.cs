using System.Net.WebSockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>When nginx's master is gone, every application of every group has been stopped.</summary>
[Trait("Mode", "daemon")]
public sealed class StoppingTests
{
    private const int Workers = 4;

    [Theory]
    [InlineData(Signal.Quit)]
    [InlineData(Signal.Term)]
    public async Task The_end_of_the_master_is_seen_by_every_worker_of_every_group(int signal)
    {
        var folder = Settings.NewFolder("life");
        try
        {
            await using var nginx = await Start(folder);
            Assert.Equal(Workers, Noted(folder, "started"));
            Assert.Equal(0, Noted(folder, "stopping"));
            Assert.Equal(0, await nginx.Quit(signal));
            Assert.Equal(Workers, Noted(folder, "stopping"));
            Assert.Equal(Workers, Noted(folder, "stopped"));
            Assert.Empty(nginx.Alarming());
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
            await using var nginx = await Start(folder);
            nginx.Configure(await Setup(folder, AppRuntime.Jit));
            await nginx.Reload("/jit/empty");
            await Wait.Until("the removed group has stopped", () => Noted(folder, "stopped") == Workers / 2);
            Assert.Equal(200, (await RawConnection.Get(nginx.Port, "/jit/empty")).Status);
            await nginx.CheckSane();
            Assert.Equal(0, await nginx.Quit());
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
        await using var host = await DaemonHost.Start<NginxJit>("processes=1 graceful-timeout=1s");
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
        await host.Nginx.CheckSane();
    }

    private static async Task<NginxHost> Start(string folder)
    {
        var nginx = await NginxHost.Start(await Setup(folder, AppRuntime.Jit, AppRuntime.Aot), "/jit/empty");
        await nginx.Answers("/aot/empty", wait: true);
        return nginx;
    }

    // A group for each, with two processes.
    private static async Task<NginxSetup> Setup(string folder, params AppRuntime[] runtimes)
    {
        var (groups, locations) = ("", "");
        foreach (var runtime in runtimes)
        {
            var name = runtime == AppRuntime.Jit ? "jit" : "aot";
            groups += $"modhost_daemon_process {name} processes={Workers / 2};\n";
            locations += $"location /{name}/ {{ modhost_pass {await AppBuild.Of("Probe", runtime)} process_group={name}; }}\n";
        }

        return new NginxSetup
        {
            Workers = 2,
            OwnGroups = true,
            Http = places => $"{ProcessGroups.Preamble(places)}\nmodhost_queue_timeout 60s;\nmodhost_env PROBE_LIFE_FILE {folder}/life;\n{groups}",
            Server = _ => locations,
        };
    }

    private static int Noted(string folder, string what) => Directory.EnumerateFiles(folder)
        .SelectMany(File.ReadLines).Count(line => line.StartsWith(what + " ", StringComparison.Ordinal));
}
