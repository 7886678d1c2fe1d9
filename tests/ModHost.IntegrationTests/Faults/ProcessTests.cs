using System.Globalization;
using System.Net.Sockets;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Applications that end the process, take its signals, or start others.</summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public abstract class ProcessTests<TServer>
    where TServer : IServerUnderTest
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
        await using var nginx = await Start(await Probe());
        var old = nginx.Workers.Single();

        // The process may be gone before its answer is.
        await Answer(nginx, target);
        await Wait.Until("the worker has ended", () => !ProcFs.Lives(old));
        await Wait.Until("another worker answers", async () => await Answer(nginx, "/respond?body=again") == "again");
        Assert.NotEqual(old, nginx.Workers.Single());

        // ModHost says why at crit, nginx itself reports a signal at alert.
        nginx.Allow("MH050[56]: ");
        nginx.Allow($"worker process {old} exited on signal");
        nginx.Rebase();
        await nginx.CheckSane();
        Assert.Equal(0, await nginx.Quit());
    }

    [Fact]
    public async Task The_app_can_tell_which_worker_it_runs_in()
    {
        await using var nginx = await NginxHost.Start(NginxSetup.For(await Probe()) with { Workers = 2, Groups = "processes=2" }, "/empty");
        var seen = new HashSet<string>();
        await Wait.Until("both workers have answered", async () =>
        {
            seen.Add((await RawConnection.Get(nginx.Port, "/process/worker")).Text);
            return seen.Count == 2;
        });
        Assert.Equal(["0/2", "1/2"], seen.Order(StringComparer.Ordinal));
        await nginx.CheckSane();
    }

    [Fact]
    public async Task Exit_codes_of_children_reach_the_app()
    {
        await using var nginx = await Start(await Probe());
        foreach (var code in (int[])[0, 1, 7, 255])
        {
            Assert.Equal($"{code}", (await RawConnection.Get(nginx.Port, $"/process/exit-code?code={code}")).Text);
        }

        await nginx.CheckSane();
    }

    [Theory]
    [InlineData(Signal.Quit)]
    [InlineData(Signal.Term)]
    public async Task Nginx_stops_after_the_app_used_signals(int signal)
    {
        await using var nginx = await StartWithSignals();
        Assert.Equal(0, await nginx.Quit(signal));
        Assert.Empty(nginx.Alarming());
    }

    [Fact]
    public async Task Nginx_reloads_and_reopens_logs_after_the_app_used_signals()
    {
        await using var nginx = await StartWithSignals();
        File.Move(nginx.Places.AccessLog, nginx.Places.AccessLog + ".1");
        nginx.Send(Signal.Usr1);
        await Wait.Until("the access log is there again", () => File.Exists(nginx.Places.AccessLog));
        await Wait.Until("the worker writes to it", async () =>
            await Answer(nginx, "/respond?body=1") == "1" && new FileInfo(nginx.Places.AccessLog).Length > 0);
        await nginx.Reload("/empty");
        await nginx.CheckSane();
        Assert.Equal(0, await nginx.Quit());
    }

    [Theory]
    [InlineData(Signal.Quit)]
    [InlineData(Signal.Term)]
    public async Task A_worker_obeys_its_own_signals_after_the_app_used_them(int signal)
    {
        await using var nginx = await StartWithSignals();
        var old = nginx.Workers.Single();
        Signal.Send(old, signal);
        await Wait.Until("the worker has ended", () => !ProcFs.Lives(old));
        await Wait.Until("another worker answers", async () => await Answer(nginx, "/respond?body=again") == "again");
        nginx.Rebase();
        await nginx.CheckSane();
    }

    [Fact]
    public async Task A_child_of_the_app_keeps_no_port()
    {
        await using var nginx = await Start(await Probe());
        var child = int.Parse((await RawConnection.Get(nginx.Port, "/process/sleeper?s=60")).Text, CultureInfo.InvariantCulture);
        Assert.True(ProcFs.Lives(child));
        Assert.DoesNotContain(ProcFs.Descriptors(child), target => target.StartsWith("socket:", StringComparison.Ordinal));
        nginx.Send(Signal.Quit);
        await Wait.Until("nginx has ended", () => nginx.HasExited);
        Assert.True(FreePort.IsFree(nginx.Port));
        // A process group takes along what its workers had started.
        Signal.TrySend(child, Signal.Kill);
    }

    [Fact]
    public async Task The_app_sees_its_own_places()
    {
        var app = await Probe();
        await using var nginx = await Start(app, "modhost_env PROBE_ONE one; modhost_env PROBE_TWO 'two words';");
        var places = (await RawConnection.Get(nginx.Port, "/process/places")).Text;
        Assert.Contains("application=Probe\n", places, StringComparison.Ordinal);
        Assert.Contains($"content={Path.GetDirectoryName(app)}", places, StringComparison.Ordinal);
        Assert.Contains("environment=Production\n", places, StringComparison.Ordinal);
        Assert.Contains("umask=0027\n", places, StringComparison.Ordinal);
        var environment = (await RawConnection.Get(nginx.Port, "/process/environment")).Text.Split('\n');
        Assert.Contains("PROBE_ONE=one", environment);
        Assert.Contains("PROBE_TWO=two words", environment);
        Assert.Contains(environment, line => line.StartsWith("HOME=/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Signals_of_the_processor_become_exceptions()
    {
        await using var nginx = await Start(await Probe());
        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith("NullReferenceException: ", (await RawConnection.Get(nginx.Port, "/process/null-reference")).Text, StringComparison.Ordinal);
            Assert.StartsWith("DivideByZeroException: ", (await RawConnection.Get(nginx.Port, "/process/divide-by-zero")).Text, StringComparison.Ordinal);
        }

        await nginx.CheckSane();
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task An_app_that_stops_itself_gives_503()
    {
        await using var nginx = await Start(await Probe());
        Assert.Equal("stopping", (await RawConnection.Get(nginx.Port, "/process/stop")).Text);
        var response = await Wait.For("the app is stopped", () => RawConnection.Get(nginx.Port, "/empty"), response => response.Status == 503);
        Assert.NotNull(response.Header("Retry-After"));
        Assert.Equal("static file\n", (await RawConnection.Get(nginx.Port, "/static/hello.txt")).Text);
        Assert.Equal(0, await nginx.Quit());
    }

    private static Task<string> Probe() => AppBuild.Of("Probe", TServer.Runtime);

    private static Task<NginxHost> Start(string app, string more = "") => NginxHost.Start(NginxSetup.For(app, more), "/empty");

    private static async Task<NginxHost> StartWithSignals()
    {
        var nginx = await Start(await Probe());
        Assert.Equal("registered", (await RawConnection.Get(nginx.Port, "/process/signals")).Text);
        Assert.Equal("3", (await RawConnection.Get(nginx.Port, "/process/exit-code?code=3")).Text);
        await RawConnection.Get(nginx.Port, "/console?text=signals");
        return nginx;
    }

    private static async Task<string> Answer(NginxHost nginx, string target)
    {
        try
        {
            return (await RawConnection.Get(nginx.Port, target)).Text;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return "";
        }
    }
}

public sealed class ProcessJitTests : ProcessTests<NginxJit>;

public sealed class ProcessAotTests : ProcessTests<NginxAot>;
