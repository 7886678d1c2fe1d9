using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>The command in a real terminal, which tmux has.</summary>
public sealed class RealTerminalTests : IAsyncLifetime
{
    private const string Tmux = "/usr/bin/tmux";

    private readonly string _folder = RunningCommand.NewFolder();

    private string Socket => Path.Combine(_folder, "tmux");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Child.TryRun(Tmux, ["-S", Socket, "kill-server"]);
        await Wait.Until("nothing is left", () => !ProcFs.All().Any(process => process.State != 'Z'
            && ProcFs.CommandLine(process.Id).Contains(_folder, StringComparison.Ordinal)));
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    public async Task Logs_have_colours_and_CtrlC_stops()
    {
        Skip.IfNot(File.Exists(Tmux), "there is no tmux");
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var port = FreePort.Next();
        await Run($"{RunningCommand.Program} start-server {app} --host 127.0.0.1 --port {port}; echo ended with $?; exec cat");
        await Shows("Serving Hello at");
        using (var client = RunningCommand.Client())
        {
            await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json"));
        }

        // The terminal puts codes together in its own way.
        Assert.Matches("\e\\[[0-9;]*\\b1m(\e\\[[0-9;]*m)*Serving Hello", await Shows("GET /json"));
        Assert.Matches("\e\\[[0-9;]*32m200", await Screen());
        await Child.Run(Tmux, ["-S", Socket, "send-keys", "C-c"]);

        await Shows("ended with 0");
    }

    [SkippableFact]
    public async Task Status_is_a_table_that_goes_on()
    {
        Skip.IfNot(File.Exists(Tmux), "there is no tmux");
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        await Run($"{RunningCommand.Program} status --watch --run-directory $RUN; echo ended with $?; exec cat", $"{command.State}/run");

        Assert.Matches("\e\\[[0-9;]*32mready", await Shows("hello"));
        await Child.Run(Tmux, ["-S", Socket, "send-keys", "C-c"]);
        await Shows("ended with 0");
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [SkippableFact]
    public async Task Findings_and_orders_have_colours_too_and_none_in_a_pipe()
    {
        Skip.IfNot(File.Exists(Tmux), "there is no tmux");
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        await Run($"{RunningCommand.Program} check $RUN/../nginx.conf; {RunningCommand.Program} reload hello --run-directory $RUN; "
            + "echo ended with $?; exec cat", $"{command.State}/run");
        await Shows("ended with 0");
        Assert.Matches("\e\\[[0-9;]*32mok", await Screen());
        Assert.Matches("\e\\[[0-9;]*\\b1m(\e\\[[0-9;]*m)*hello: reloaded", await Screen());

        foreach (var line in (string[])["check $RUN/../nginx.conf", "reload --run-directory $RUN", "status --run-directory $RUN",
            "restart hello --run-directory $RUN", "start-server --help", "dev nowhere", "manual"])
        {
            var (_, output) = await Child.TryRun("/bin/sh", ["-c", $"{RunningCommand.Program} {line} 2>&1 | cat"], _folder,
                new Dictionary<string, string?>(RunningCommand.Environment(_folder)) { ["TERM"] = "xterm-256color", ["RUN"] = $"{command.State}/run" });
            Assert.True(output.Length > 0, line);
            Assert.DoesNotMatch(RunningCommand.Escape(), output);
        }

        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    /// <param name="run">The run directory, as a variable: who looks for processes by it must not find the terminal.</param>
    private Task<string> Run(string line, string run = "") => Child.Run(Tmux,
        ["-S", Socket, "-f", "/dev/null", "new-session", "-d", "-x", "180", "-y", "50", line], _folder,
        new Dictionary<string, string?>(RunningCommand.Environment(_folder)) { ["NO_COLOR"] = null, ["RUN"] = run });

    // With the codes of colours; a line longer than the window is one line.
    private Task<string> Screen() => Child.Run(Tmux, ["-S", Socket, "capture-pane", "-e", "-p", "-J", "-S", "-500"]);

    private Task<string> Shows(string text) =>
        Wait.For($"the terminal shows '{text}'", Screen, screen => screen.Contains(text, StringComparison.Ordinal));
}
