using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>Supervisor and watchdog that die, and a process of the web server.</summary>
[Trait("Mode", "daemon")]
public sealed class SupervisorFaultTests
{
    [Fact, Trait("Set", "core")]
    public async Task A_killed_supervisor_is_back_by_itself_and_nothing_fails()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=2");
        await using var load = LedgerLoad.Start(host.Port);
        var workers = host.Workers;
        for (var i = 0; i < Settings.Count(full: 20, usual: 2); i++)
        {
            await KillSupervisor(host);
            Assert.Equal(workers, host.Workers);
        }

        // The new one knows the workers it did not start, and sees one die.
        Signal.Send(workers[0], Signal.Kill);
        await Wait.Until("the worker was replaced", () => host.Workers is { Count: 2 } now && !now.Contains(workers[0]));
        await load.Stop();
        load.Account(host.Ran(), 4, 502);
        Allow(host);
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task A_killed_watchdog_is_replaced_and_nothing_fails()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=2");
        await using var load = LedgerLoad.Start(host.Port);
        var workers = host.Workers;
        var watchdog = host.Watchdog;
        Signal.Send(watchdog, Signal.Kill);
        await Wait.Until("there is another watchdog", () => host.Watchdog is > 0 and var now && now != watchdog);
        Assert.Equal(workers, host.Workers);

        // It holds what a supervisor needs.
        await KillSupervisor(host);
        Assert.Equal(workers, host.Workers);
        await load.Stop();
        load.Account(host.Ran(), 0);
        Allow(host);
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task With_both_dead_traffic_goes_on_and_a_reload_starts_a_new_pair()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=2");
        await using var load = LedgerLoad.Start(host.Port);
        var (supervisor, watchdog) = (host.Supervisor, host.Watchdog);
        Signal.Send(watchdog, Signal.Stop);
        Signal.Send(supervisor, Signal.Kill);
        Signal.Send(watchdog, Signal.Kill);
        var seen = load.Outcomes.Count;
        await Wait.Until("requests are answered with neither", () => load.Outcomes.Count > seen + 100);
        await host.Server.Reload("/empty");
        await Wait.Until("there is a new pair", () => host.Supervisor > 0 && host.Watchdog > 0);
        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Counts(2);
        Allow(host);
        await host.Server.CheckSane();
    }

    // Of prefork's processes nobody knows which one has the request.
    [Fact, Trait("Not", "prefork")]
    public async Task A_killed_web_server_process_takes_no_worker_of_the_group_along()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=1");
        var workers = host.Workers;
        var process = host.Server.Workers.Single();
        var lost = RawConnection.Get(host.Port, "/sleep?ms=30000");
        await Counters.WaitFor(host.Port, "in-flight", count => count == 1);
        Signal.Send(process, Signal.Kill);
        await Assert.ThrowsAnyAsync<IOException>(() => lost);
        await Wait.Until("the web server has a worker again", () => host.Server.Workers is [var one] && one != process);
        await host.Server.Answers("/empty", wait: true);
        Assert.Equal(workers, host.Workers);
        await Counters.WaitFor(host.Port, "in-flight", count => count == 0);
        host.Server.Allow(WebServer.Tested.Killed(process));
        host.Server.Rebase();
        await host.Server.CheckSane();
    }

    private static async Task KillSupervisor(DaemonHost host)
    {
        var supervisor = host.Supervisor;
        Signal.Send(supervisor, Signal.Kill);
        await Wait.Until("there is another supervisor", () => host.Supervisor is > 0 and var now && now != supervisor);
        await Wait.Until("it knows the group again", async () =>
            (await host.Command(new { command = "status" })).GetRawText().Contains("shop", StringComparison.Ordinal));
    }

    // The one that dies is named at this level.
    private static void Allow(DaemonHost host) => host.Server.Allow(@"MH0[78]\d\d");
}
