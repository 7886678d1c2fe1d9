using System.Net.WebSockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Reload, reopening of logs, binary upgrade and stop, with traffic.</summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public abstract class ReloadTests<TServer>
    where TServer : IServerUnderTest
{
    [Fact]
    public async Task Reloads_under_load_fail_no_request()
    {
        await using var nginx = await StartProbe(workers: 2);
        await using var load = Load.Start(nginx.Port, "/respond?body=answer", "answer");
        await using var control = Load.Start(nginx.Port, "/nginx/return", "control", clients: 1);
        for (var i = 0; i < Settings.Count(full: 200, usual: 20); i++)
        {
            var done = load.Done;
            await nginx.Reload("/empty");
            await Wait.Until("requests are answered after the reload", () => load.Done > done + 20);
        }

        await load.Stop();
        await control.Stop();
        Assert.Empty(control.Failures);
        var reasons = nginx.Log.Split('\n').Where(line => line.Contains(" MH0", StringComparison.Ordinal)).Take(10);
        Assert.True(load.Failures.Count == 0, $"{load.Failures.Count} of {load.Done} requests failed:\n"
            + string.Join('\n', [.. load.Failures.Take(3), .. reasons]));
        await nginx.CheckSane();
        Assert.Equal(0, await nginx.Quit());
    }

    [Fact]
    public async Task A_request_in_flight_survives_a_reload()
    {
        await using var nginx = await StartProbe();
        await using var connection = await RawConnection.Open(nginx.Port);
        await connection.Send("GET /gate/wait?key=reload HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\n\r\n");
        await Counter(nginx, "gate-waiting=1");
        var old = nginx.Workers.Single();
        nginx.Send(Signal.Hup);
        await Wait.Until("a new worker is there", () => nginx.Workers is [var one] && one != old);

        // The gate is in the old worker, which takes no new connection: its own client must open it, or nobody can.
        // So the client goes; the worker must then end at once.
        Assert.True(ProcFs.Lives(old));
        connection.Break();
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        await nginx.Answers("/empty", wait: true);
        nginx.Rebase();
        await nginx.CheckSane();
    }

    [Fact]
    public async Task A_sleeping_request_is_answered_by_the_old_worker()
    {
        await using var nginx = await StartProbe();
        var answer = RawConnection.Get(nginx.Port, "/sleep?ms=3000");
        await Counter(nginx, "in-flight=1");
        nginx.Send(Signal.Hup);
        Assert.Equal("slept", (await answer).Text);
    }

    [Fact]
    public async Task A_sleeping_request_is_answered_before_nginx_quits()
    {
        await using var nginx = await StartProbe();
        var answer = RawConnection.Get(nginx.Port, "/sleep?ms=3000");
        await Counter(nginx, "in-flight=1");
        nginx.Send(Signal.Quit);
        Assert.Equal("slept", (await answer).Text);
        Assert.Equal(0, await nginx.Quit());
        Assert.Empty(nginx.Alarming());
    }

    [Fact]
    public async Task A_WebSocket_goes_on_in_the_old_worker_until_it_closes()
    {
        await using var nginx = await StartProbe();
        var old = nginx.Workers.Single();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{nginx.Port}/ws"), CancellationToken.None);
        await Echo("before");
        nginx.Send(Signal.Hup);
        await Wait.Until("a new worker is there", () => nginx.Workers is [var one] && one != old);
        await nginx.Answers("/empty", wait: true);
        await Echo("after");
        Assert.True(ProcFs.Lives(old));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        nginx.Rebase();
        await nginx.CheckSane();

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
        await using var nginx = await StartProbe(workers: 2, more: $"modhost_env PROBE_LIFE_FILE {life};");
        await Wait.Until("both workers have started the app", () => Lines("started") == 2);
        await nginx.Reload("/empty");
        await Wait.Until("the old workers have stopped the app", () => Lines("stopped") == 2);
        await Wait.Until("both new workers have started the app", () => Lines("started") == 4);
        Assert.Equal(0, await nginx.Quit());
        Assert.Equal(4, Lines("stopping"));
        Assert.Equal(4, Lines("stopped"));
        Directory.Delete(Path.GetDirectoryName(life)!, recursive: true);

        int Lines(string what) => Directory.EnumerateFiles(Path.GetDirectoryName(life)!).SelectMany(File.ReadLines).Count(line => line.StartsWith(what + " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_are_reopened()
    {
        await using var nginx = await StartProbe();
        File.Move(nginx.Places.AccessLog, nginx.Places.AccessLog + ".1");
        File.Move(nginx.Places.ErrorLog, nginx.Places.ErrorLog + ".1");
        nginx.Send(Signal.Usr1);
        await Wait.Until("the logs are there again", () => File.Exists(nginx.Places.AccessLog) && File.Exists(nginx.Places.ErrorLog));
        await Wait.Until("the worker writes to the new log", async () =>
        {
            await RawConnection.Get(nginx.Port, "/log?text=reopened");
            return nginx.Log.Contains("reopened", StringComparison.Ordinal) && nginx.AccessLog.Contains("/log", StringComparison.Ordinal);
        });
        nginx.Allow("reopened");
        await nginx.CheckSane();
    }

    [Fact]
    public async Task Binary_upgrade_and_rollback()
    {
        var app = await AppBuild.Of("Probe", TServer.Runtime);
        await using var nginx = await NginxHost.Start(NginxSetup.For(app) with { Detached = true }, "/empty");
        var old = nginx.Workers.Single();
        var second = await nginx.Upgrade();

        // The old worker goes and comes back: a rollback runs no init_module.
        nginx.Send(Signal.Winch);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old));
        await nginx.Answers("/empty", wait: true);
        nginx.Send(Signal.Hup);
        await Wait.Until("the old master has a worker again", () => nginx.Workers.Count == 1);
        Signal.Send(second, Signal.Quit);
        await Wait.Until("the new master has ended", () => !ProcFs.Lives(second));
        await nginx.Whole("/empty");
        await nginx.CheckSane();
        Assert.Equal(0, await nginx.Quit());
    }

    [Fact]
    public async Task Works_without_a_master_process()
    {
        var app = await AppBuild.Of("Probe", TServer.Runtime);
        await using var nginx = await NginxHost.Start(NginxSetup.For(app) with { Main = "master_process off;" }, "/empty");
        Assert.Equal("1", (await RawConnection.Get(nginx.Port, "/respond?body=1")).Text);
        Assert.Equal(0, await nginx.Quit());
        Assert.Empty(nginx.Alarming());
    }

    [Fact]
    public async Task A_bad_configuration_leaves_everything_as_it_is()
    {
        await using var nginx = await StartProbe();
        var before = (await RawConnection.Get(nginx.Port, "/process/id")).Text;
        var good = nginx.Setup;
        nginx.Configure(NginxSetup.For("/nowhere/Missing.dll"));
        nginx.Send(Signal.Hup);
        await nginx.WaitForLog(@"\[emerg\].*Missing\.dll");
        Assert.Equal(before, (await RawConnection.Get(nginx.Port, "/process/id")).Text);
        nginx.Allow(@"Missing\.dll");
        nginx.Configure(good);
        await nginx.CheckSane();
        await nginx.Reload("/empty");
        await nginx.CheckSane();
    }

    private static async Task<NginxHost> StartProbe(int workers = 1, string more = "")
    {
        var app = await AppBuild.Of("Probe", TServer.Runtime);

        // On a busy machine an app may take longer to start than requests wait for it by default.
        return await NginxHost.Start(NginxSetup.For(app, "modhost_queue_timeout 60s; " + more) with { Workers = workers }, "/empty");
    }

    private static Task Counter(NginxHost nginx, string line) => Wait.For($"the app reports {line}",
        async () => (await RawConnection.Get(nginx.Port, "/counters")).Text, text => text.Contains(line + "\n", StringComparison.Ordinal));
}

public sealed class ReloadJitTests : ReloadTests<NginxJit>;

public sealed class ReloadAotTests : ReloadTests<NginxAot>;
