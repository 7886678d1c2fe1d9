using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Options;

/// <summary>What options come to for clients and for the application, under a real web server.</summary>
public sealed class LiveOptionTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("live");

    private string AccessLog => Path.Combine(_folder, "access.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Clients_and_the_application_see_what_was_asked_for(string server, string mode)
    {
        Skip.If(server == "apache" && !Settings.Full, "nginx by default, both with --full");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, ["--server", server, "--mode", mode, .. await Options(server),
            .. mode == "daemon" ? (string[])["--processes", "2", "--working-directory", _folder] : []]);

        var variables = await command.Get("/process/environment");
        Assert.Contains("Colour=green", variables, StringComparison.Ordinal);
        Assert.Contains("FromFile=1", variables, StringComparison.Ordinal);
        await AssertClient(command);
        if (mode == "daemon")
        {
            Assert.Contains($"cwd={_folder}\n", await command.Get("/process/places"), StringComparison.Ordinal);
            await Wait.Until("there are two workers", async () => await Workers(command) == 2);
        }

        Assert.Equal(ExitCode.Success, await command.Stop());
        var requests = (await File.ReadAllLinesAsync(AccessLog)).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Contains(requests, one => one.GetProperty("uri").GetString()!.StartsWith("/body/length", StringComparison.Ordinal)
            && one.GetProperty("status").GetInt32() == 413);
        Assert.Contains(requests, one => one.GetProperty("client").GetString() == "192.0.2.7");
    }

    /// <summary>Where the web server was built for it, that level has it look closely at all that modules give to it.</summary>
    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task A_server_that_logs_everything_serves(string server, string mode)
    {
        Skip.If(server == "apache" && !Settings.Full, "nginx by default, both with --full");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode, "--log-level", "debug",
            "--workers", "1", "--request-timeout", "60s");

        var process = await command.Get("/process/id");
        Assert.NotEmpty(await command.Get("/bytes?n=100000"));
        Assert.Equal(process, await command.Get("/process/id"));

        Assert.DoesNotContain("exited on signal", command.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [SkippableTheory]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "daemon")]
    public async Task Who_waits_too_long_for_another_request_gets_503_and_no_request_keeps_the_server(string server, string mode)
    {
        Skip.If(server == "apache" && !Settings.Full, "nginx by default, both with --full");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode, "--workers", "1",
            "--max-concurrency", "1", "--queue-timeout", "1s", "--graceful-timeout", "1s", "--shutdown-timeout", "1s");
        using var client = RunningCommand.Client();
        var never = client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/gate/wait?key=never"));

        await Wait.Until("another request is refused", async () =>
        {
            using var other = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/counters"));
            return other.StatusCode == HttpStatusCode.ServiceUnavailable;
        });

        command.Send(Signal.Int);
        await command.Ended();
        await never.ContinueWith(ended => Assert.False(ended.IsCompletedSuccessfully && ended.Result.IsSuccessStatusCode), TaskScheduler.Default);
    }

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task A_request_that_takes_too_long_is_answered_504(string server, string mode)
    {
        Skip.If((server, mode) != ("nginx", "daemon") && !Settings.Full, "one by default, all with --full");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode, "--request-timeout", "1s");
        using var client = RunningCommand.Client();

        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/gate/wait?key=never"));

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    private async Task<string[]> Options(string server)
    {
        var (variables, include) = (Path.Combine(_folder, "variables"), Path.Combine(_folder, "more.conf"));
        await File.WriteAllTextAsync(variables, "FromFile=1\nColour=red\n");
        await File.WriteAllTextAsync(include, server == "nginx" ? "location = /gone { return 410; }\n" : "Redirect gone /gone\n");
        return
        [
            "--setenv", "Colour=green", "--env-file", variables, "--trust-proxy", "127.0.0.1", "--limit-request-body", "1k",
            "--compress", "--access-log", AccessLog, "--log-format", "json", "--include-file", include,
        ];
    }

    private static async Task AssertClient(RunningCommand command)
    {
        using var client = RunningCommand.Client();
        client.BaseAddress = new Uri($"http://127.0.0.1:{command.Port}/");
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        using var compressed = await client.GetAsync(new Uri("process/environment", UriKind.Relative));
        Assert.Equal(["gzip"], compressed.Content.Headers.ContentEncoding);

        using var gone = await client.GetAsync(new Uri("gone", UriKind.Relative));
        using var refused = await client.PostAsync(new Uri("body/length", UriKind.Relative), new ByteArrayContent(new byte[2000]));
        Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.RequestEntityTooLarge), (gone.StatusCode, refused.StatusCode));

        client.DefaultRequestHeaders.AcceptEncoding.Clear();
        Assert.Contains("remote=192.0.2.7:", await client.GetStringAsync(new Uri("features/connection", UriKind.Relative)), StringComparison.Ordinal);
    }

    private static async Task<int> Workers(RunningCommand command)
    {
        var (code, output) = await RunningCommand.Run("status", "--json", "--run-directory", Path.Combine(command.State, "run"));
        Assert.True(code == 0, output);
        using var json = JsonDocument.Parse(output);
        return json.RootElement[0].GetProperty("status").GetProperty("groups")[0].GetProperty("workers").EnumerateArray()
            .Count(worker => worker.GetProperty("state").GetString() == "ready");
    }
}
