using System.Text.Json;
using ModHost.Cli.Tests.Options;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>What options of the commands that talk to supervisors do.</summary>
public class OrderOptionTests
{
    [Fact]
    [Effect("reload", "--run-directory")]
    [Effect("reload", "--no-wait")]
    [Effect("restart", "--run-directory")]
    [Effect("restart", "--no-wait")]
    [Effect("drain", "--run-directory")]
    [Effect("drain", "--no-wait")]
    [Effect("stop", "--run-directory")]
    [Effect("stop", "--no-wait")]
    [Effect("status", "--run-directory")]
    [Effect("status", "--json")]
    public async Task Orders_go_to_the_server_of_a_run_directory_and_need_not_be_waited_for()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        var run = Path.Combine(command.State, "run");
        foreach (var order in (string[])["reload", "restart", "drain", "reload", "stop", "restart"])
        {
            var (code, output) = await RunningCommand.Run(order, "hello", "--no-wait", "--run-directory", run);

            Assert.True(code == 0, output);
            Assert.Equal($"hello: {order} has begun", output.Trim());
        }

        var (_, json) = await RunningCommand.Run("status", "--json", "--run-directory", run);
        using var status = JsonDocument.Parse(json);
        Assert.StartsWith(run, status.RootElement[0].GetProperty("instance").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    [Effect("status", "--watch")]
    [Effect("logs", "--run-directory")]
    [Effect("logs", "--lines")]
    [Effect("logs", "--follow")]
    public async Task What_goes_on_goes_on_until_CtrlC_without_escape_codes_in_a_pipe()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = RunningCommand.Start(app, "--setup-only", "--mode", "daemon");
        await Wait.Until("the configuration is there", () => command.HasExited);
        await using var nginx = Nginx(command.State);
        var run = Path.Combine(command.State, "run");
        await Wait.Until("the group is ready",
            async () => (await RunningCommand.Run("status", "--run-directory", run)).Output.Contains("ready", StringComparison.Ordinal));
        await using var logs = Child.Start(RunningCommand.Program, ["logs", "--follow", "--run-directory", run], "/");
        await using var status = Child.Start(RunningCommand.Program, ["status", "--watch", "--run-directory", run], "/");
        await Wait.Until("the first lines are there", () => Lines(logs.Output) > 1 && status.Output.Contains("hello", StringComparison.Ordinal));
        var (told, shown) = (logs.Output.Length, status.Output.Length);

        var (code, output) = await RunningCommand.Run("reload", "hello", "--run-directory", run);
        Assert.True(code == 0, output);
        await Wait.Until("more comes", () => logs.Output.Length > told && status.Output.Length > shown);
        var (_, last) = await RunningCommand.Run("logs", "--lines", "1", "--run-directory", run);
        Assert.True(Lines(last) == 1, last);

        foreach (var child in (Child[])[logs, status])
        {
            Signal.Send(child.Id, Signal.Int);
            Assert.Equal(ExitCode.Success, await child.Exited());
            Assert.DoesNotMatch(RunningCommand.Escape(), child.Output);
        }

        Signal.Send(nginx.Id, Signal.Quit);
        await nginx.Exited();
    }

    // The group logs into a file: on a terminal there is nothing to be read again.
    private static Child Nginx(string state)
    {
        var file = Path.Combine(state, "nginx.conf");
        File.WriteAllText(file, File.ReadAllText(file).Replace("modhost_daemon_process hello",
            $"modhost_daemon_process hello log={state}/group.log", StringComparison.Ordinal));
        return Child.Start(Settings.Nginx, ["-p", state, "-c", file, "-e", "stderr"], "/");
    }

    private static int Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
