using System.Globalization;
using System.Net.Sockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Applications that end the process, take its signals, or start others.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class ProcessTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    [Theory, Trait("Mode", "embedded")]
    [InlineData("/process/exit?code=0")]
    [InlineData("/process/exit?code=1")]
    [InlineData("/process/exit?code=2")]
    [InlineData("/process/exit?code=15")]
    [InlineData("/process/crash")]
    [InlineData("/process/fail-fast")]
    public async Task A_worker_that_ends_is_respawned(string target)
    {
        await using var server = await Start(await Probe());
        var old = server.Workers.Single();

        // The process may be gone before its answer is.
        await Answer(server, target);
        await Wait.Until("the worker has ended", () => !ProcFs.Lives(old));
        await Wait.Until("another worker answers", async () => await Answer(server, "/respond?body=again") == "again");
        Assert.NotEqual(old, server.Workers.Single());

        // ModHost says why at crit, the web server itself reports a signal.
        server.Allow("MH050[56]: ");
        server.Allow(WebServer.Tested.Killed(old));
        server.Rebase();
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact]
    public async Task The_app_can_tell_which_worker_it_runs_in()
    {
        await using var server = await ServerHost.Start(ServerSetup.For(await Probe()) with { Workers = 2, Groups = "processes=2" }, "/empty");
        var seen = new HashSet<string>();
        await Wait.Until("both workers have answered", async () =>
        {
            seen.Add((await RawConnection.Get(server.Port, "/process/worker")).Text);
            return seen.Count == 2;
        });

        // The worker MPM has as many slots as MaxRequestWorkers needs, of which ours has one more for those that leave.
        var slots = Settings.Server == ServerKind.ApacheWorker && !Settings.Daemon ? 3 : 2;
        Assert.Equal([$"0/{slots}", $"1/{slots}"], seen.Order(StringComparer.Ordinal));
        await server.CheckSane();
    }

    [Fact]
    public async Task Exit_codes_of_children_reach_the_app()
    {
        await using var server = await Start(await Probe());
        foreach (var code in (int[])[0, 1, 7, 255])
        {
            Assert.Equal($"{code}", (await RawConnection.Get(server.Port, $"/process/exit-code?code={code}")).Text);
        }

        await server.CheckSane();
    }

    [Theory]
    [InlineData(nameof(Order.Quit))]
    [InlineData(nameof(Order.Stop))]
    public async Task The_web_server_stops_after_the_app_used_signals(string order)
    {
        await using var server = await StartWithSignals();
        Assert.Equal(0, await server.Quit(Enum.Parse<Order>(order)));
        Assert.Empty(server.Alarming());
    }

    [Fact]
    public async Task The_web_server_reloads_and_reopens_logs_after_the_app_used_signals()
    {
        await using var server = await StartWithSignals();
        File.Move(server.Places.AccessLog, server.Places.AccessLog + ".1");
        await server.Tell(Order.Reopen);
        await Wait.Until("the access log is there again", () => File.Exists(server.Places.AccessLog));
        await Wait.Until("the worker writes to it", async () =>
            await Answer(server, "/respond?body=1") == "1" && new FileInfo(server.Places.AccessLog).Length > 0);
        await server.Reload("/empty");
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    // A child of Apache's obeys its parent's pipe, and no signal that is sent to it alone.
    [Theory, Trait("Server", "nginx")]
    [InlineData(Signal.Quit)]
    [InlineData(Signal.Term)]
    public async Task A_worker_obeys_its_own_signals_after_the_app_used_them(int signal)
    {
        await using var server = await StartWithSignals();
        var old = server.Workers.Single();
        Signal.Send(old, signal);
        await Wait.Until("the worker has ended", () => !ProcFs.Lives(old));
        await Wait.Until("another worker answers", async () => await Answer(server, "/respond?body=again") == "again");
        server.Rebase();
        await server.CheckSane();
    }

    [Fact]
    public async Task A_child_of_the_app_keeps_no_port()
    {
        await using var server = await Start(await Probe());
        var child = int.Parse((await RawConnection.Get(server.Port, "/process/sleeper?s=60")).Text, CultureInfo.InvariantCulture);
        Assert.True(ProcFs.Lives(child));
        Assert.DoesNotContain(ProcFs.Descriptors(child), target => target.StartsWith("socket:", StringComparison.Ordinal));
        await server.Tell(Order.Quit);
        await Wait.Until("the web server has ended", () => server.HasExited);
        Assert.True(FreePort.IsFree(server.Port));
        // A process group takes along what its workers had started.
        Signal.TrySend(child, Signal.Kill);
    }

    [Fact]
    public async Task The_app_sees_its_own_places()
    {
        var app = await Probe();
        await using var server = await Start(app, "env PROBE_ONE one; env PROBE_TWO 'two words'");
        var places = (await RawConnection.Get(server.Port, "/process/places")).Text;
        Assert.Contains("application=Probe\n", places, StringComparison.Ordinal);
        Assert.Contains($"content={Path.GetDirectoryName(app)}", places, StringComparison.Ordinal);
        Assert.Contains("environment=Production\n", places, StringComparison.Ordinal);
        Assert.Contains("umask=0027\n", places, StringComparison.Ordinal);
        var environment = (await RawConnection.Get(server.Port, "/process/environment")).Text.Split('\n');
        Assert.Contains("PROBE_ONE=one", environment);
        Assert.Contains("PROBE_TWO=two words", environment);
        Assert.Contains(environment, line => line.StartsWith("HOME=/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signals_of_the_processor_become_exceptions()
    {
        await using var server = await Start(await Probe());
        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith("NullReferenceException: ", (await RawConnection.Get(server.Port, "/process/null-reference")).Text, StringComparison.Ordinal);
            Assert.StartsWith("DivideByZeroException: ", (await RawConnection.Get(server.Port, "/process/divide-by-zero")).Text, StringComparison.Ordinal);
        }

        await server.CheckSane();
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task An_app_that_stops_itself_gives_503()
    {
        await using var server = await Start(await Probe());
        Assert.Equal("stopping", (await RawConnection.Get(server.Port, "/process/stop")).Text);
        var response = await Wait.For("the app is stopped", () => RawConnection.Get(server.Port, "/empty"), response => response.Status == 503);
        Assert.NotNull(response.Header("Retry-After"));
        Assert.Equal("static file\n", (await RawConnection.Get(server.Port, "/static/hello.txt")).Text);
        Assert.Equal(0, await server.Quit());
    }

    private static Task<string> Probe() => AppBuild.Of("Probe", TRuntime.Runtime);

    private static Task<ServerHost> Start(string app, string options = "") => ServerHost.Start(ServerSetup.For(app, options), "/empty");

    private static async Task<ServerHost> StartWithSignals()
    {
        var server = await Start(await Probe());
        Assert.Equal("registered", (await RawConnection.Get(server.Port, "/process/signals")).Text);
        Assert.Equal("3", (await RawConnection.Get(server.Port, "/process/exit-code?code=3")).Text);
        await RawConnection.Get(server.Port, "/console?text=signals");
        return server;
    }

    private static async Task<string> Answer(ServerHost server, string target)
    {
        try
        {
            return (await RawConnection.Get(server.Port, target)).Text;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return "";
        }
    }
}

public sealed class ProcessJitTests : ProcessTests<Jit>;

public sealed class ProcessAotTests : ProcessTests<Aot>;
