using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>Replacing workers, reloads, and stopping.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Mode", "daemon")]
public abstract class RollingTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    [Fact]
    public async Task Rolling_restarts_under_load_fail_no_request()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2", webWorkers: 2);
        await using var load = LedgerLoad.Start(host.Port);
        for (var i = 0; i < Settings.Count(full: 200, usual: 20); i++)
        {
            var old = host.Workers;
            Assert.True((await host.Command(new { command = "reload", group = "shop" })).GetProperty("ok").GetBoolean());
            await host.Replaced(old, 2);
        }

        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }

    [Fact, Trait("Set", "core")]
    public async Task Reloads_of_the_web_server_under_load_fail_no_request_and_touch_no_worker()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2", webWorkers: 2);
        await using var load = Load.Start(host.Port, "/respond?body=answer", "answer");
        await using var control = Load.Start(host.Port, "/control", "control", clients: 1);
        var workers = host.Workers;
        for (var i = 0; i < Settings.Count(full: 200, usual: 20); i++)
        {
            await host.Server.Reload("/empty");
            Assert.Equal(workers, host.Workers);
        }

        await load.Stop();
        await control.Stop();
        load.FailedNoMoreThan(control, host.Server);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }

    [Fact]
    public async Task A_touched_marker_rolls_the_group()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2");
        await using var touched = await DaemonHost.Start<TRuntime>($"processes=2 reload-on={host.Marker}");
        var old = touched.Workers;
        File.SetLastWriteTimeUtc(host.Marker, DateTime.UtcNow.AddSeconds(1));
        await touched.Replaced(old, 2);
        await touched.Server.CheckSane();
    }

    [Fact]
    public async Task A_changed_group_rolls_at_a_reload()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1");
        await using var load = LedgerLoad.Start(host.Port);
        var old = host.Workers;
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        host.Server.Configure(DaemonHost.Setup(app, host.Folder, "processes=2 env=PROBE_ADDED=yes"));
        await host.Server.Reload("/empty");
        await host.Replaced(old, 2);
        await load.Stop();
        load.Account(host.Ran(), 0);
        Assert.Contains("PROBE_ADDED=yes", (await RawConnection.Get(host.Port, "/process/environment")).Text, StringComparison.Ordinal);
        await host.Server.CheckSane();
    }

    [Fact, Trait("Set", "core")]
    public async Task A_request_in_flight_outlives_the_rolling_restart_of_its_worker()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1");
        var old = host.Workers;
        var slow = RawConnection.Get(host.Port, "/sleep?ms=4000");
        await Counters.WaitFor(host.Port, "in-flight", count => count == 1);
        await host.Command(new { command = "reload", group = "shop" });
        await Wait.Until("a new worker answers", async () => (await RawConnection.Get(host.Port, "/process/id")).Text != $"{old[0]}");
        Assert.Equal("slept", (await slow).Text);
        await Wait.Until("the old worker has ended", () => !ProcFs.Lives(old[0]));
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task Maximum_requests_recycle_workers_without_a_failure()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2 maximum-requests=100");
        await using var load = LedgerLoad.Start(host.Port, sleep: 1);
        var seen = new HashSet<int>(host.Workers);
        await Wait.Until("several workers have served", () =>
        {
            seen.UnionWith(host.Workers);
            return seen.Count >= 6;
        });
        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.CheckSane();
    }

    [Fact, Trait("Set", "core")]
    public async Task An_idle_group_may_go_down_to_no_worker_and_the_next_request_waits_for_one()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1 min-processes=0 inactivity-timeout=3s");
        await host.Counts(0);
        Assert.Equal("1", (await RawConnection.Get(host.Port, "/respond?body=1")).Text);
        await host.Counts(1);
        await host.Server.CheckSane();
    }
}

public sealed class RollingJitTests : RollingTests<Jit>;

public sealed class RollingAotTests : RollingTests<Aot>;
