using System.Net;
using System.Net.Sockets;
using System.Text;
using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Options;

/// <summary>Time-outs and what is told of failures, under a real web server.</summary>
public sealed class LimitOptionTests : IDisposable
{
    // A web server's own limits of this kind are a minute and more.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(45);

    private readonly string _folder = Settings.NewFolder("limits");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task An_application_that_takes_too_long_to_start_has_failed(string server, string mode)
    {
        SkipUnless(server, "nginx");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = RunningCommand.Start(app, "--server", server, "--mode", mode, "--startup-timeout", "1s",
            "--shutdown-timeout", "1s", "--graceful-timeout", "1s", "--setenv", "PROBE_START=hang");

        await command.Says("Probe does not start; the lines above say why.");

        Assert.Matches(@"MH\d{4}: .*time", command.Output);
        command.Send(Signal.Int);
        await command.Ended();
    }

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Clients_are_told_why_an_application_does_not_start_where_that_is_asked_for(string server, string mode)
    {
        SkipUnless(server, "nginx");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        foreach (var options in (string[][])[["--detailed-errors"], []])
        {
            await using var command = RunningCommand.Start(app,
                ["--server", server, "--mode", mode, "--setenv", "PROBE_START=throw", .. options]);
            await command.Says("Probe does not start; the lines above say why.");
            using var client = RunningCommand.Client();

            using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/"));

            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal(options.Length > 0, (await response.Content.ReadAsStringAsync())
                .Contains("PROBE_START asked for a failure", StringComparison.Ordinal));
            Assert.Contains("PROBE_START asked for a failure", command.Output, StringComparison.Ordinal);
            Assert.Equal(ExitCode.Success, await command.Stop());
        }
    }

    [SkippableTheory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task A_process_without_requests_ends_and_the_next_request_has_another(string server)
    {
        SkipUnless(server, "nginx");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", "daemon", "--inactivity-timeout", "1s");
        var first = await command.Get("/process/id");

        await Wait.Until("the process has ended", () => !ProcFs.Lives(int.Parse(first)));

        Assert.NotEqual(first, await command.Get("/process/id"));
        var (code, output) = await RunningCommand.Run("status", "--run-directory", Path.Combine(command.State, "run"));
        Assert.True(code == 0, output);
        Assert.Contains("last: inactivity ", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    /// <summary>Apache waits for 5 s by default, which is soon as well.</summary>
    [Fact]
    public async Task A_connection_without_another_request_is_closed()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", "nginx", "--keep-alive-timeout", "1s");

        var answer = await UntilClosed(command, "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [SkippableTheory]
    [InlineData("nginx", "GET /json HT")]
    [InlineData("nginx", "POST /body/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("apache", "GET /json HT")]
    [InlineData("apache", "POST /body/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")]
    public async Task A_client_that_stops_in_the_middle_of_a_request_is_given_up(string server, string half)
    {
        SkipUnless(server, "nginx");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--client-timeout", "1s");

        var answer = await UntilClosed(command, half);

        Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task An_application_whose_folder_changes_is_loaded_anew(string server, string mode)
    {
        SkipUnless(server, "nginx");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var copy = Path.Combine(_folder, "app");
        await Child.Run("cp", ["-r", Path.GetDirectoryName(app)!, copy]);
        await using var command = await RunningCommand.Serving(Path.Combine(copy, Path.GetFileName(app)), "--server", server,
            "--mode", mode, "--reload-on-changes");
        var before = await command.Get("/process/id");

        await File.WriteAllTextAsync(Path.Combine(copy, "more.json"), "{}");

        await Wait.Until("another process answers", async () => await command.Get("/process/id") != before);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    private static void SkipUnless(string server, string usual) =>
        Skip.If(server != usual && !Settings.Full, "nginx by default, both with --full");

    // All that came until the web server has closed the connection.
    private static async Task<string> UntilClosed(RunningCommand command, string request)
    {
        using var limit = new CancellationTokenSource(s_soon);
        using var client = new TcpClient("127.0.0.1", command.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), limit.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(limit.Token);
    }
}
