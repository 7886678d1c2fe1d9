using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>Workers that die, hang, leak or do not start, under load, with an account of every request.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Mode", "daemon")]
public abstract class WorkerFaultTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    private const int Clients = 8;

    [Fact, Trait("Set", "core")]
    public async Task A_killed_worker_loses_only_what_it_had_begun()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2");
        await using var load = LedgerLoad.Start(host.Port, Clients);
        var kills = Settings.Count(full: 60, usual: 5);
        for (var i = 0; i < kills; i++)
        {
            var seen = load.Outcomes.Count;
            await Wait.Until("requests are answered", () => load.Outcomes.Count > seen + 50);
            var killed = host.Workers[Random.Shared.Next(2)];
            Signal.Send(killed, Signal.Kill);
            await Wait.Until("the supervisor has seen it",
                async () => (await host.Known()).All(worker => worker.GetProperty("pid").GetInt32() != killed));
            await host.Ready(2);
        }

        // A machine with much else to do may have had one taken for starved before it was killed.
        Assert.InRange(await host.Ended("crash"), 1, kills);
        await load.Stop();
        load.Account(host.Ran(), kills * Clients, 502);
        await host.Server.WaitForLog(@"MH07\d\d.*SIGKILL|MH07\d\d.*signal 9");
        foreach (var lost in load.Failed.Take(5))
        {
            // The web server's log names each lost request, so that somebody can ask for it.
            Assert.Matches($@"MH0338[^\n]*{lost}", host.Server.Log);
        }

        await host.Server.CheckSane();
    }

    [Fact]
    public async Task A_stopped_worker_is_noticed_and_replaced()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2");
        var stopped = host.Workers[0];
        Signal.Send(stopped, Signal.Stop);
        await using var load = LedgerLoad.Start(host.Port, clients: 2);
        await Wait.Until("the stopped worker is gone", () => !ProcFs.Lives(stopped));
        await host.Counts(2);
        var seen = load.Outcomes.Count;
        await Wait.Until("requests are answered", () => load.Outcomes.Count > seen + 20);
        await load.Stop();
        load.Account(host.Ran(), 2, 502);
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task A_worker_that_leaks_is_replaced_before_it_is_killed()
    {
        await using var host = await DaemonHost.Start<TRuntime>("memory-limit=300m");
        var leaking = host.Workers.Single();
        await using var load = LedgerLoad.Start(host.Port, clients: 2);
        await RawConnection.Get(host.Port, "/runtime/leak?mb=400");
        await Wait.Until("the leaking worker was replaced", () => host.Workers is [var one] && one != leaking);
        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.WaitForLog(@"MH07\d\d.*memory");
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task An_application_that_starves_its_thread_pool_is_named_in_the_log()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1");
        var blocked = Enumerable.Range(0, 100).Select(_ => RawConnection.Get(host.Port, "/block?ms=3000")).ToArray();
        await host.Server.WaitForLog(@"MH07\d\d.*thread pool");
        Assert.All(await Task.WhenAll(blocked), answer => Assert.Equal(200, answer.Status));
        await host.Server.CheckSane();
    }

    [Theory, Trait("Set", "core")]
    [InlineData("/process/exit?code=0", "code 0")]
    [InlineData("/process/exit?code=2", "code 2")]
    [InlineData("/process/exit?code=15", "code 15")]
    [InlineData("/process/crash", "SIGABRT|signal 6|code 134")]
    [InlineData("/process/fail-fast", "SIGABRT|signal 6|code 134")]
    public async Task A_worker_that_ends_by_itself_is_replaced_and_the_log_says_how(string target, string how)
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1");
        var worker = host.Workers.Single();

        // The process may be gone before its answer is.
        Assert.Contains((await RawConnection.Get(host.Port, target)).Status, (int[])[200, 502]);
        await Wait.Until("the worker was replaced", () => host.Workers is [var one] && one != worker);
        Assert.Equal(200, (await RawConnection.Get(host.Port, "/empty")).Status);
        await host.Server.WaitForLog($@"{worker}\].*({how})");
        host.Server.Allow("MH0854: unhandled exception");
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task An_application_that_stops_itself_is_replaced_without_a_failure()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=2");
        await using var load = LedgerLoad.Start(host.Port);
        var workers = host.Workers;
        Assert.Equal("stopping", (await RawConnection.Get(host.Port, "/process/stop")).Text);
        await Wait.Until("the worker was replaced", () => host.Workers is { Count: 2 } now && now.Except(workers).Any());
        await load.Stop();
        load.Account(host.Ran(), 0);
        await host.Server.CheckSane();
    }

    [Theory]
    [InlineData("throw", "MH0851: .*PROBE_START asked for a failure")]
    [InlineData("throw-hosted", "MH0851: .*PROBE_START asked for a failure of a hosted service")]
    [InlineData("exit:3", @"MH0(704|852): .*code 3")]
    [InlineData("crash", @"MH0704: .*signal 6 \(SIGABRT\)")]
    [InlineData("hang", "MH0703: ")]
    public async Task A_version_that_does_not_start_leaves_the_old_one_serving(string how, string reason)
    {
        // Long enough for a start on a busy machine, and no longer than a test may wait for one that hangs.
        await using var host = await DaemonHost.Start<TRuntime>("processes=2 startup-timeout=20s");
        await using var load = LedgerLoad.Start(host.Port);
        var workers = host.Workers;
        File.WriteAllText(host.StartMode, how);
        await host.Command(new { command = "reload", group = "shop" });
        await host.Server.WaitForLog(@"MH0709: .*");
        Assert.Matches(reason, host.Server.Log);
        await host.Only(workers);

        // Corrected, it rolls.
        File.WriteAllText(host.StartMode, "");
        await host.Command(new { command = "reload", group = "shop" });
        await host.Replaced(workers, 2);
        await load.Stop();
        load.Account(host.Ran(), 0);
        host.Server.Allow("MH0854: unhandled exception|PROBE_START asked for");
        await host.Server.CheckSane();
    }

    [Fact]
    public async Task A_start_that_hangs_is_given_up_and_tried_again()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1 startup-timeout=20s");
        File.WriteAllText(host.StartMode, "hang");
        Signal.Send(host.Workers.Single(), Signal.Kill);
        await host.Server.WaitForLog("MH0703: ");
        File.WriteAllText(host.StartMode, "");
        await host.Server.Answers("/empty", wait: true);
        await host.Ready(1);
        Assert.InRange(await host.Ended("start-timeout"), 1, int.MaxValue);
        await host.Server.CheckSane();
    }

    [Fact, Trait("Set", "core")]
    public async Task An_application_that_never_starts_answers_503_and_nothing_else_is_touched()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1", "queue_timeout 3s");
        File.WriteAllText(host.StartMode, "throw");
        Signal.Send(host.Workers.Single(), Signal.Kill);
        await Wait.Until("requests are refused", async () => await RawConnection.Get(host.Port, "/empty") is { Status: 503 } answer
            && answer.Header("Retry-After") is not null);
        Assert.Equal("control", (await RawConnection.Get(host.Port, "/control")).Text);
        File.WriteAllText(host.StartMode, "");
        await host.Server.Answers("/empty", wait: true);
    }

    [Fact]
    public async Task A_request_that_is_out_of_time_gets_504_and_its_worker_goes_if_it_ignores_that()
    {
        await using var host = await DaemonHost.Start<TRuntime>("processes=1 graceful-timeout=2s", "request_timeout 500ms");
        var worker = host.Workers.Single();
        Assert.Equal(504, (await RawConnection.Get(host.Port, "/block?ms=60000")).Status);
        await Wait.Until("the worker was replaced", () => host.Workers is [var one] && one != worker);
        await host.Server.Answers("/empty", wait: true);
        await host.Server.CheckSane();
    }
}

public sealed class WorkerFaultJitTests : WorkerFaultTests<Jit>;

public sealed class WorkerFaultAotTests : WorkerFaultTests<Aot>;
