using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Applications that do not start, beside one that does.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public abstract class StartFailureTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    [Theory]
    [InlineData("throw", "PROBE_START asked for a failure before the host")]
    [InlineData("throw-built", "PROBE_START asked for a failure after the host was built")]
    [InlineData("throw-hosted", "PROBE_START asked for a failure of a hosted service")]
    [InlineData("return", "MH0[57]\\d\\d:")]
    [InlineData("return:3", "MH0[57]\\d\\d:")]
    public async Task A_failing_app_gives_503_and_the_reason_is_logged(string mode, string reason)
    {
        await using var server = await Start(mode);
        var response = await Wait.For("the app is known to have failed", () => RawConnection.Get(server.Port, "/"),
            response => response.Status == 503);
        Assert.NotNull(response.Header("Retry-After"));
        Assert.DoesNotContain("PROBE_START", response.Text, StringComparison.Ordinal);
        await server.WaitForLog(reason);
        Assert.Matches(ServerHost.AtLevel("error") + @".*MH\d{4}:", server.Log);

        // Everything else is served.
        Assert.Equal("static file\n", (await RawConnection.Get(server.Port, "/static/hello.txt")).Text);
        Assert.Equal("control", (await RawConnection.Get(server.Port, "/control")).Text);
        await server.Answers("/hello/plaintext", wait: true);
        Assert.Equal("Hello, World!", (await RawConnection.Get(server.Port, "/hello/plaintext")).Text);
        server.Rebase();
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact, Trait("Set", "core")]
    public async Task Detailed_errors_show_the_exception_to_the_client()
    {
        await using var server = await Start("throw", "detailed_errors on");
        var response = await Wait.For("the exception is shown", () => RawConnection.Get(server.Port, "/"),
            response => response.Text.Contains("PROBE_START asked for a failure", StringComparison.Ordinal));
        Assert.Equal(503, response.Status);
    }

    [Fact, Trait("Set", "core")]
    public async Task Passing_the_startup_timeout_gives_503()
    {
        await using var server = await Start("hang", "startup_timeout 1s");
        var response = await RawConnection.Get(server.Port, "/");
        Assert.Equal(503, response.Status);
        Assert.NotNull(response.Header("Retry-After"));
        await server.WaitForLog(@"MH\d{4}:.*time");
        Assert.Equal(0, await server.Quit());
    }

    [Fact, Trait("Set", "core")]
    public async Task Requests_wait_while_the_app_starts()
    {
        await using var server = await Start("slow:1500", "queue_timeout 60s");
        var first = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RawConnection.Get(server.Port, "/empty")));
        Assert.All(first, response => Assert.Equal(200, response.Status));
        server.Rebase();
        await server.CheckSane();
    }

    [Theory, Trait("Set", "core")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    public async Task An_app_that_ends_its_worker_at_every_start_is_backed_off(int code)
    {
        await using var server = await Start($"exit:{code}");
        await server.WaitForLog(@"MH\d{4}:");
        var response = await Wait.For("the app is backed off", async () =>
        {
            try
            {
                return await RawConnection.Get(server.Port, "/");
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                return null;
            }
        }, response => response?.Status == 503);
        Assert.NotNull(response!.Header("Retry-After"));
        await Wait.Until("static files are served", async () =>
        {
            try
            {
                return (await RawConnection.Get(server.Port, "/static/hello.txt")).Status == 200;
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                return false;
            }
        });
        Assert.Equal(0, await server.Quit());
    }

    private static async Task<ServerHost> Start(string mode, string options = "")
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        var other = await AppBuild.Of("Hello", AppRuntime.Jit);
        return await ServerHost.Start(new ServerSetup
        {
            Places = [new("/", $"pass {app}; env PROBE_START {mode}; {options}"), new("/hello/", $"pass {other}")],
        }, waitReady: false);
    }
}

public sealed class StartFailureJitTests : StartFailureTests<Jit>;

public sealed class StartFailureAotTests : StartFailureTests<Aot>;
