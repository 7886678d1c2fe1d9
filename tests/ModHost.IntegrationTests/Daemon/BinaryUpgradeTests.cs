using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>
/// nginx's binary is upgraded under load. For a while there are two masters, each with a supervisor and workers of its
/// own; then one of them goes with all that was its own, and no request fails.
/// </summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Mode", "daemon")]
[Trait("Server", "nginx")]
public abstract class BinaryUpgradeTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    private const int Processes = 2;

    [Fact]
    public async Task The_new_master_takes_over_and_nothing_of_the_old_one_is_left()
    {
        await using var host = await Start();
        await using var load = LedgerLoad.Start(host.Port);
        for (var i = 0; i < Settings.Count(full: 10, usual: 1); i++)
        {
            var (workers, supervisor, instance) = (host.Workers, host.Supervisor, host.Instances.Single());
            var master = host.Server.Master;
            var second = await Upgrade(host, workers, supervisor);

            host.Server.Send(Signal.Winch);
            await Wait.Until("the old master has no worker", () => host.Server.Workers.Count == 0);
            await Answered(load);
            host.Server.Send(Signal.Quit);
            await Wait.Until("the old master has gone", () => !ProcFs.Lives(master));
            host.Server.Upgraded(second);

            // It waited for its own: at this moment they are gone.
            Assert.DoesNotContain(workers, ProcFs.Lives);
            Assert.False(ProcFs.Lives(supervisor));
            Assert.DoesNotContain(instance, host.Instances);
            Assert.Equal(Processes * (i + 1), host.Noted("stopped"));
            await Answered(load);
            await host.Ready(Processes);
        }

        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }

    [Fact]
    public async Task A_rollback_leaves_the_first_master_with_the_workers_that_it_had()
    {
        await using var host = await Start();
        await using var load = LedgerLoad.Start(host.Port);
        for (var i = 0; i < Settings.Count(full: 10, usual: 1); i++)
        {
            var (workers, supervisor) = (host.Workers, host.Supervisor);
            var second = await Upgrade(host, workers, supervisor);

            // The old nginx workers go and come back; no init_module tells the supervisor of it.
            host.Server.Send(Signal.Winch);
            await Wait.Until("the old master has no worker", () => host.Server.Workers.Count == 0);
            await Answered(load);
            host.Server.Send(Signal.Hup);
            await host.Server.Whole("/empty");
            Signal.Send(second, Signal.Quit);
            await Wait.Until("the new master has gone", () => !ProcFs.Lives(second));
            await Wait.Until("the first one has its pid file again", () => !File.Exists(host.Server.Places.PidFile + ".oldbin"));

            Assert.Equal(workers, host.Workers);
            Assert.Equal(supervisor, host.Supervisor);
            Assert.Single(host.Instances);
            Assert.Equal(Processes * (i + 1), host.Noted("stopped"));
            await Answered(load);
        }

        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }

    private static Task<DaemonHost> Start() =>
        DaemonHost.Start<TRuntime>($"processes={Processes}", webWorkers: 2, change: setup => setup with { Detached = true });

    // Two of everything are there, and both serve.
    private static async Task<int> Upgrade(DaemonHost host, IReadOnlyList<int> workers, int supervisor)
    {
        var second = await host.Server.Upgrade();
        await Wait.Until("there are two supervisors", () => host.Supervisors.Count == 2);
        Assert.Contains(supervisor, host.Supervisors);
        Assert.Equal(2, host.Instances.Count);
        Assert.Equal(2 * Processes, host.Workers.Count);
        Assert.Empty(workers.Except(host.Workers));
        return second;
    }

    private static async Task Answered(LedgerLoad load)
    {
        var seen = load.Outcomes.Count;
        await Wait.Until("requests are answered", () => load.Outcomes.Count > seen + 50);
    }
}

public sealed class BinaryUpgradeJitTests : BinaryUpgradeTests<Jit>;

public sealed class BinaryUpgradeAotTests : BinaryUpgradeTests<Aot>;
