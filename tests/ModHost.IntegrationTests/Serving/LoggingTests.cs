using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>The app's logs and its Console in the web server's error log.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class LoggingTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    [Fact]
    public async Task Each_level_at_its_own()
    {
        var text = Guid.NewGuid().ToString("N");
        Server.Allow("Critical-" + text);
        await RawConnection.Get(Port, "/log?text=" + text);
        await Server.WaitForLog(ServerHost.AtLevel("info") + @".*Probe\.Log.*Information-" + text);
        await Server.WaitForLog(ServerHost.AtLevel("warn") + @".*Probe\.Log.*Warning-" + text);
        await Server.WaitForLog(ServerHost.AtLevel("error") + @".*Probe\.Log.*Error-" + text);
        await Server.WaitForLog(ServerHost.AtLevel("crit") + @".*Probe\.Log.*Critical-" + text);

        // The app's own configuration (Default: Information) filters before ModHost does.
        Assert.DoesNotContain("Debug-" + text, Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_comes_with_its_stack()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/log/exception?text=" + text);
        await Server.WaitForLog("with an exception");
        await Server.WaitForLog("System.InvalidOperationException: logged with " + text);
    }

    [Fact]
    public async Task Console_output_line_by_line()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console?text=" + text);
        await Server.WaitForLog(ServerHost.AtLevel("(notice|info|warn)") + @".*(Probe|\[g0/).*out-" + text);
        await Server.WaitForLog(@"(Probe|\[g0/).*error-" + text);
        await Server.WaitForLog(@"(Probe|\[g0/).*half line-" + text);
    }

    [Fact, Trait("Mode", "daemon")]
    public async Task Both_descriptors_of_a_worker_process_are_the_log()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console/raw?text=" + text);
        await Server.WaitForLog(@"\[g0/.*raw-1-" + text);
        await Server.WaitForLog(@"\[g0/.*raw-2-" + text);
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task Descriptor_2_is_the_log_and_descriptor_1_is_the_web_servers_own()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console/raw?text=" + text);
        await Server.WaitForLog("raw-2-" + text);
        await Wait.Until("the line is at the web server's output", () => Server.Output.Contains("raw-1-" + text, StringComparison.Ordinal));
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task Descriptor_1_of_a_daemon_is_the_log_too()
    {
        await using var server = await ServerHost.Start(ServerSetup.For(App) with { Detached = true }, "/empty");
        await RawConnection.Get(server.Port, "/console/raw?text=daemon");
        await server.WaitForLog("^raw-1-daemon$");
        await server.WaitForLog("^raw-2-daemon$");
        await server.CheckSane();
    }

    [Fact]
    public async Task Line_breaks_in_a_text_cannot_forge_a_log_line()
    {
        var text = Guid.NewGuid().ToString("N");
        Server.Allow(text);
        await RawConnection.Get(Port, $"/log?text=one-{text}%0A2026/01/01%2000:00:00%20[core:emerg]%20[emerg]%20forged-{text}");
        await Server.WaitForLog("forged-" + text);
        Assert.DoesNotMatch(@"(?m)^2026/01/01 00:00:00 .*forged-" + text, Server.Log);
    }
}

public sealed class LoggingJitTests(ProbeFixture<Jit> fixture) : LoggingTests<Jit>(fixture);

public sealed class LoggingAotTests(ProbeFixture<Aot> fixture) : LoggingTests<Aot>(fixture);
