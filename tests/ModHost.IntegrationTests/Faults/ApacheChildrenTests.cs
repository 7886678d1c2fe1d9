using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Apache's child processes, which come and go.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Server", "apache"), Trait("Set", "core")]
public abstract class ApacheChildrenTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    // On a busy machine an app may take longer to start than requests wait for it by default.
    private const string Patient = "queue_timeout 60s";

    [Fact]
    public async Task MaxConnectionsPerChild_replaces_children_without_a_failure()
    {
        await using var server = await Start("MaxConnectionsPerChild 60");
        await using var load = Load.Start(server.Port, "/respond?body=answer", "answer", fresh: true);
        await using var control = Load.Start(server.Port, "/control", "control", clients: 1, fresh: true);
        var seen = new HashSet<int>(server.Workers);
        await Wait.Until("several children have served", () =>
        {
            seen.UnionWith(server.Workers);
            return seen.Count >= 5;
        }, TimeSpan.FromSeconds(90));
        await Finish(server, load, control);
    }

    [Fact, Trait("Not", "prefork")]
    public async Task Children_are_added_under_load_and_leave_after_it()
    {
        await using var server = await Start("""
            ServerLimit 16
            ThreadsPerChild 8
            MaxRequestWorkers 64
            MinSpareThreads 8
            MaxSpareThreads 16
            """);
        await using var load = Load.Start(server.Port, "/respond?body=answer", "answer", clients: 2);
        await using var control = Load.Start(server.Port, "/control", "control", clients: 1);
        var few = server.Workers.Count;
        var sleeping = Enumerable.Range(0, 30).Select(_ => RawConnection.Get(server.Port, "/sleep?ms=8000")).ToArray();
        await Wait.Until("more children are there", () => server.Workers.Count > few + 1, TimeSpan.FromSeconds(60));
        Assert.All(await Task.WhenAll(sleeping), answer => Assert.Equal("slept", answer.Text));

        // With three, more than MaxSpareThreads would be idle: Apache goes on ending one a second until there are two.
        await Wait.Until("children have left", () => server.Workers.Count <= 2, TimeSpan.FromSeconds(90));
        await Finish(server, load, control);
    }

    [Fact]
    public async Task A_killed_child_is_replaced_and_others_serve()
    {
        await using var server = await Start("", workers: 2);
        var killed = server.Workers[0];
        Signal.Send(killed, Signal.Kill);
        await Wait.Until("another child is there", () => server.Workers.Count >= 2 && !server.Workers.Contains(killed), TimeSpan.FromSeconds(60));
        await server.Answers("/empty", wait: true);
        server.Allow(WebServer.Tested.Killed(killed));
        server.Rebase();
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact]
    public async Task A_hard_restart_serves_again_and_touches_no_process_of_a_group()
    {
        await using var server = await Start("");
        var old = server.Workers;
        var app = await Process(server);
        server.Send(Signal.Hup);
        await Wait.Until("the children are others", () => server.Workers is { Count: > 0 } now && !now.Intersect(old).Any(), TimeSpan.FromSeconds(60));
        await server.Answers("/empty", wait: true);
        Assert.Equal(Settings.Daemon, await Process(server) == app);
        server.Rebase();
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    // In which the application runs: a child of Apache's, or one of the group's.
    private static async Task<string> Process(ServerHost server) => (await RawConnection.Get(server.Port, "/process/id")).Text;

    private static async Task Finish(ServerHost server, Load load, Load control)
    {
        await load.Stop();
        await control.Stop();
        load.FailedNoMoreThan(control, server);
        server.Rebase();
        await server.CheckSane(mayChange: true);
        Assert.Equal(0, await server.Quit());
    }

    private static async Task<ServerHost> Start(string more, int workers = 1) => await ServerHost.Start(
        ServerSetup.For(await AppBuild.Of("Probe", TRuntime.Runtime), Patient) with { Workers = workers, Apache = new() { Main = more } }, "/empty");
}

public sealed class ApacheChildrenJitTests : ApacheChildrenTests<Jit>;

public sealed class ApacheChildrenAotTests : ApacheChildrenTests<Aot>;
