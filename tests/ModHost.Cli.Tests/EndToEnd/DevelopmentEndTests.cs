using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>Builds of <c>modhost dev</c>, and how they end with it, whatever it does just then.</summary>
public class DevelopmentEndTests
{
    [Fact]
    public async Task What_is_saved_while_a_build_runs_is_built_and_waited_for_too()
    {
        await using var project = new SmallProject();
        project.Develop();
        await project.Says("Serving");

        await project.Overtake(() => project.WritePage("second"), () => project.WritePage("third"));

        Assert.Contains("third", await SmallProject.Get($"http://127.0.0.1:{project.Port}/"), StringComparison.Ordinal);
        Assert.Equal(0, await project.Stop());
    }

    [Theory]
    [InlineData(Signal.Int, 0)]
    [InlineData(Signal.Term, 0)]
    [InlineData(Signal.Kill, 128 + Signal.Kill)]
    public async Task A_first_build_ends_with_the_command(int signal, int code)
    {
        await using var project = new SmallProject();
        project.Hang();
        project.Develop();
        await project.Hangs();

        Signal.Send(project.Id, signal);

        Assert.Equal(code, await project.Ended());
        Assert.DoesNotContain("The build failed", project.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signal.Int, 0)]
    [InlineData(Signal.Kill, 128 + Signal.Kill)]
    public async Task A_later_build_ends_with_the_command_and_nobody_waits_for_it(int signal, int code)
    {
        await using var project = new SmallProject();
        project.Develop();
        await project.Says("Serving");
        project.Hang();
        await project.Hangs();
        var waits = SmallProject.Get($"http://127.0.0.1:{project.Port}/");
        var gate = Path.Combine(project.State, "dev.sock");
        await Wait.Until("the request waits", () => File.ReadLines("/proc/net/unix").Count(line => line.EndsWith(gate, StringComparison.Ordinal)) > 1);

        Signal.Send(project.Id, signal);

        Assert.Equal(code, await project.Ended());
        Assert.DoesNotContain("The build failed", project.Output, StringComparison.Ordinal);
        // The version that there was; nobody any more, where nobody was left to let the request through.
        var answer = await waits;
        Assert.True(answer?.Contains("first", StringComparison.Ordinal) ?? signal == Signal.Kill, answer ?? "no answer");
    }

    [Fact]
    public async Task Requests_that_do_not_end_are_broken_off_after_their_time()
    {
        await using var project = new SmallProject();
        project.Develop("--graceful-timeout", "1s");
        await project.Says("Serving");
        var waits = SmallProject.Get($"http://127.0.0.1:{project.Port}/waits");
        await project.Says("A request waits.");

        Signal.Send(project.Id, Signal.Int);

        Assert.Equal(0, await project.Ended());
        // nginx alone would have waited longer for it than the command does.
        Assert.DoesNotContain("Requests did not end in time", project.Output, StringComparison.Ordinal);
        Assert.Null(await waits);
    }

    [Fact]
    public async Task Where_errors_cannot_be_kept_for_pages_they_are_on_the_terminal_and_the_server_goes_on()
    {
        await using var project = new SmallProject();
        project.Develop();
        await project.Says("Serving");

        // Where a file is to be.
        Directory.CreateDirectory(Path.Combine(project.State, "build-failed"));
        project.WritePage("\" is no text");
        await project.Says("The build failed");

        await project.Shows("first");
        Assert.Equal(0, await project.Stop());
    }
}
