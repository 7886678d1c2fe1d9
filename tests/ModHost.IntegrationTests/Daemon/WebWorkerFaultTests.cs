using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>The web server's own workers die, under load, with an account of every request.</summary>
[Trait("Mode", "daemon"), Trait("Not", "prefork"), Trait("Set", "core")]
public sealed class WebWorkerFaultTests
{
    private const int Clients = 8;
    private const int WebWorkers = 2;
    private const int Processes = 2;

    [Fact]
    public async Task A_killed_worker_of_the_web_server_loses_its_own_connections_and_nothing_else()
    {
        await using var host = await DaemonHost.Start<Jit>($"processes={Processes}", webWorkers: WebWorkers);
        var workers = host.Workers;
        await host.Linked(WebWorkers);
        var sockets = workers.Sum(ProcFs.Sockets);
        await using var load = LedgerLoad.Start(host.Port, Clients);
        var kills = Settings.Count(full: 100, usual: 20);
        for (var i = 0; i < kills; i++)
        {
            await Answered(load);
            var victim = host.Server.Workers[i % WebWorkers];
            host.Server.Allow(WebServer.Tested.Killed(victim));
            Signal.Send(victim, Signal.Kill);
            await Wait.Until("the web server has another worker", () => host.Server.Workers is { Count: WebWorkers } now && !now.Contains(victim));
            await host.Server.Whole("/empty");
        }

        await load.Stop();

        // Each client has one request at a time. The only failure is a connection that ended without an answer (0).
        load.Account(host.Ran(), kills * Clients, 0);
        Assert.Equal(workers, host.Workers);
        await Wait.Until("the workers are done with what the dead ones had asked for", async () =>
            (await host.Known()).Sum(worker => worker.GetProperty("inFlight").GetInt32()) == 0);
        await Wait.For("the workers have closed what the dead ones had", () => Task.FromResult(workers.Sum(ProcFs.Sockets)),
            now => now == sockets);
        await Wait.Until("the supervisor has forgotten them", async () => (await host.Command(new { command = "status" }))
            .GetProperty("webServerProcesses").GetArrayLength() == WebWorkers);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }

    private static async Task Answered(LedgerLoad load)
    {
        var seen = load.Outcomes.Count;
        await Wait.Until("requests are answered", () => load.Outcomes.Count > seen + 50);
    }
}
