using System.Net.WebSockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Reload, reopening of logs, binary upgrade and stop, with traffic.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class ReloadTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    [Fact]
    public async Task Reloads_under_load_fail_no_request()
    {
        await using var server = await StartProbe(workers: 2);
        await using var load = Load.Start(server.Port, "/respond?body=answer", "answer");
        await using var control = Load.Start(server.Port, "/control", "control", clients: 1);
        for (var i = 0; i < Settings.Count(full: 200, usual: 20); i++)
        {
            var done = load.Done;
            await server.Reload("/empty");
            await Wait.Until("requests are answered after the reload", () => load.Done > done + 20);
        }

        await load.Stop();
        await control.Stop();
        load.FailedNoMoreThan(control, server);
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_request_in_flight_survives_a_reload()
    {
        await using var server = await StartProbe();
        await using var connection = await RawConnection.Open(server.Port);
        await connection.Send("GET /gate/wait?key=reload HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\n\r\n");
        await Counter(server, "gate-waiting=1");
        var old = server.Workers.Single();
        await server.BeginReload();
        await Wait.Until("a new worker is there", () => server.Workers is [var one] && one != old);

        // The gate is in the old worker, which takes no new connection: its own client must open it, or nobody can.
        // So the client goes; the worker must then end at once.
        Assert.True(ProcFs.Lives(old));
        connection.Break();
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        await server.Answers("/empty", wait: true);
        server.Rebase();
        await server.CheckSane();
    }

    [Fact]
    public async Task A_sleeping_request_is_answered_by_the_old_worker()
    {
        await using var server = await StartProbe();
        var answer = RawConnection.Get(server.Port, "/sleep?ms=3000");
        await Counter(server, "in-flight=1");
        await server.BeginReload();
        Assert.Equal("slept", (await answer).Text);
    }

    [Fact]
    public async Task A_sleeping_request_is_answered_before_the_web_server_quits()
    {
        await using var server = await StartProbe();
        var answer = RawConnection.Get(server.Port, "/sleep?ms=3000");
        await Counter(server, "in-flight=1");
        await server.Tell(Order.Quit);
        Assert.Equal("slept", (await answer).Text);
        Assert.Equal(0, await server.Quit());
        Assert.Empty(server.Alarming());
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_WebSocket_goes_on_in_the_old_worker_until_it_closes()
    {
        // For as long as the new one may need to come up.
        await using var server = await StartProbe(options: "shutdown_timeout 60s");
        var old = server.Workers.Single();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/ws"), CancellationToken.None);
        await Echo("before");
        await server.BeginReload();
        await Wait.Until("a new worker is there", () => server.Workers is [var one] && one != old);
        await server.Answers("/empty", wait: true);
        await Echo("after");
        Assert.True(ProcFs.Lives(old));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        server.Rebase();
        await server.CheckSane();

        async Task Echo(string text)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            await socket.SendAsync(bytes, WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[100];
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Assert.Equal(bytes, buffer[..result.Count]);
        }
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task ApplicationStopped_has_run_when_the_master_is_gone()
    {
        var life = Path.Combine(Settings.NewFolder("life"), "life");
        await using var server = await StartProbe(workers: 2, options: $"env PROBE_LIFE_FILE {life}");
        await Wait.Until("both workers have started the app", () => Lines("started") == 2);
        await server.Reload("/empty");
        await Wait.Until("the old workers have stopped the app", () => Lines("stopped") == 2);
        await Wait.Until("both new workers have started the app", () => Lines("started") == 4);
        Assert.Equal(0, await server.Quit());
        Assert.Equal(4, Lines("stopping"));
        Assert.Equal(4, Lines("stopped"));
        Directory.Delete(Path.GetDirectoryName(life)!, recursive: true);

        int Lines(string what) => Directory.EnumerateFiles(Path.GetDirectoryName(life)!).SelectMany(File.ReadLines).Count(line => line.StartsWith(what + " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_are_reopened()
    {
        await using var server = await StartProbe();
        File.Move(server.Places.AccessLog, server.Places.AccessLog + ".1");
        File.Move(server.Places.ErrorLog, server.Places.ErrorLog + ".1");
        await server.Tell(Order.Reopen);
        await Wait.Until("the logs are there again", () => File.Exists(server.Places.AccessLog) && File.Exists(server.Places.ErrorLog));
        await Wait.Until("the worker writes to the new log", async () =>
        {
            await RawConnection.Get(server.Port, "/log?text=reopened");
            return server.Log.Contains("reopened", StringComparison.Ordinal) && server.AccessLog.Contains("/log", StringComparison.Ordinal);
        });
        server.Allow("reopened");
        await server.Answers("/empty", wait: true);
        server.Rebase();
        await server.CheckSane();
    }

    [Fact, Trait("Server", "nginx")]
    public async Task Binary_upgrade_and_rollback()
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with { Detached = true }, "/empty");
        var old = server.Workers.Single();
        var second = await server.Upgrade();

        // The old worker goes and comes back: a rollback runs no init_module.
        server.Send(Signal.Winch);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        await server.Answers("/empty", wait: true);
        await server.BeginReload();
        await Wait.Until("the old master has a worker again", () => server.Workers.Count == 1);
        Signal.Send(second, Signal.Quit);
        await Wait.Until("the new master has ended", () => !ProcFs.Lives(second));
        await server.Whole("/empty");
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact, Trait("Server", "nginx")]
    public async Task Works_without_a_master_process()
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with { Nginx = new() { Main = "master_process off;" } }, "/empty");
        Assert.Equal("1", (await RawConnection.Get(server.Port, "/respond?body=1")).Text);
        Assert.Equal(0, await server.Quit());
        Assert.Empty(server.Alarming());
    }

    [Fact]
    public async Task A_bad_configuration_leaves_everything_as_it_is()
    {
        await using var server = await StartProbe();
        var before = (await RawConnection.Get(server.Port, "/process/id")).Text;
        var good = server.Setup;
        server.Configure(ServerSetup.For("/nowhere/Missing.dll"));
        var (code, output) = await server.Tell(Order.Reload);
        if (code == 0)
        {
            await server.WaitForLog(@"\[emerg\].*Missing\.dll");
        }
        else
        {
            Assert.Contains("Missing.dll", output, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await RawConnection.Get(server.Port, "/process/id")).Text);
        server.Allow(@"Missing\.dll");
        server.Configure(good);
        await server.CheckSane();
        await server.Reload("/empty");
        await server.CheckSane();
    }

    private static async Task<ServerHost> StartProbe(int workers = 1, string options = "")
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);

        // On a busy machine an app may take longer to start than requests wait for it by default.
        return await ServerHost.Start(ServerSetup.For(app, "queue_timeout 60s; " + options) with { Workers = workers }, "/empty");
    }

    private static Task Counter(ServerHost server, string line) => Wait.For($"the app reports {line}",
        async () => (await RawConnection.Get(server.Port, "/counters")).Text, text => text.Contains(line + "\n", StringComparison.Ordinal));
}

public sealed class ReloadJitTests : ReloadTests<Jit>;

public sealed class ReloadAotTests : ReloadTests<Aot>;
