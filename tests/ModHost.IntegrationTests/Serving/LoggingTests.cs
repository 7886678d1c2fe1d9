using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>The app's logs and its Console in nginx's error log.</summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public abstract class LoggingTests<TServer>(ProbeFixture<TServer> fixture) : ProbeTests<TServer>(fixture)
    where TServer : IServerUnderTest
{
    [Fact]
    public async Task Each_level_at_its_own()
    {
        var text = Guid.NewGuid().ToString("N");
        Nginx.Allow("Critical-" + text);
        await RawConnection.Get(Port, "/log?text=" + text);
        await Nginx.WaitForLog(@"\[info\].*Probe\.Log.*Information-" + text);
        await Nginx.WaitForLog(@"\[warn\].*Probe\.Log.*Warning-" + text);
        await Nginx.WaitForLog(@"\[error\].*Probe\.Log.*Error-" + text);
        await Nginx.WaitForLog(@"\[crit\].*Probe\.Log.*Critical-" + text);

        // The app's own configuration (Default: Information) filters before ModHost does.
        Assert.DoesNotContain("Debug-" + text, Nginx.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_comes_with_its_stack()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/log/exception?text=" + text);
        await Nginx.WaitForLog("with an exception");
        await Nginx.WaitForLog("System.InvalidOperationException: logged with " + text);
    }

    [Fact]
    public async Task Console_output_line_by_line()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console?text=" + text);
        await Nginx.WaitForLog(@"\[(notice|info|warn)\].*(Probe|\[g0/).*out-" + text);
        await Nginx.WaitForLog(@"(Probe|\[g0/).*error-" + text);
        await Nginx.WaitForLog(@"(Probe|\[g0/).*half line-" + text);
    }

    [Fact, Trait("Mode", "daemon")]
    public async Task Both_descriptors_of_a_worker_process_are_the_log()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console/raw?text=" + text);
        await Nginx.WaitForLog(@"\[g0/.*raw-1-" + text);
        await Nginx.WaitForLog(@"\[g0/.*raw-2-" + text);
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task Descriptor_2_is_the_log_and_descriptor_1_is_nginxs_own()
    {
        var text = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, "/console/raw?text=" + text);
        await Nginx.WaitForLog("raw-2-" + text);
        await Wait.Until("the line is at nginx's output", () => Nginx.Output.Contains("raw-1-" + text, StringComparison.Ordinal));
    }

    [Fact, Trait("Mode", "embedded")]
    public async Task Descriptor_1_of_a_daemon_is_the_log_too()
    {
        await using var nginx = await NginxHost.Start(NginxSetup.For(App) with { Detached = true }, "/empty");
        await RawConnection.Get(nginx.Port, "/console/raw?text=daemon");
        await nginx.WaitForLog("^raw-1-daemon$");
        await nginx.WaitForLog("^raw-2-daemon$");
        await nginx.CheckSane();
    }

    [Fact]
    public async Task Line_breaks_in_a_text_cannot_forge_a_log_line()
    {
        var text = Guid.NewGuid().ToString("N");
        Nginx.Allow(text);
        await RawConnection.Get(Port, $"/log?text=one-{text}%0A2026/01/01%2000:00:00%20[emerg]%20forged-{text}");
        await Nginx.WaitForLog("forged-" + text);
        Assert.DoesNotMatch(@"(?m)^2026/01/01 00:00:00 \[emerg\] forged-" + text, Nginx.Log);
    }
}

public sealed class LoggingJitTests(ProbeFixture<NginxJit> fixture) : LoggingTests<NginxJit>(fixture);

public sealed class LoggingAotTests(ProbeFixture<NginxAot> fixture) : LoggingTests<NginxAot>(fixture);
