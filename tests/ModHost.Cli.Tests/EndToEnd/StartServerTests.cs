using System.Net;
using System.Text.RegularExpressions;
using ModHost.Cli.Tests.Options;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

public class StartServerTests
{
    [Theory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    [Effect("start-server", "--server")]
    public async Task An_application_is_served_until_CtrlC_and_nothing_is_left(string server, string mode)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode);

        Assert.Contains("Hello, World!", await command.Get("/json"), StringComparison.Ordinal);
        await command.Says("\"GET /json HTTP/1.1\" 200");
        // Where root has another user serve, as Apache must, the group of that one may go through it.
        var through = server == "apache" && Environment.UserName == "root" ? UnixFileMode.GroupExecute : 0;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | through,
            File.GetUnixFileMode(command.State));
        Assert.Contains($"http://127.0.0.1:{command.Port}/", command.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, await command.Stop());
        Assert.DoesNotMatch(RunningCommand.Escape(), command.Output);
    }

    [Theory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task What_the_application_logs_and_writes_is_on_the_terminal_while_it_serves(string server, string mode)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode);

        await command.Get("/log?text=word");
        await command.Get("/console?text=word");

        foreach (var text in (string[])["Information-word", "Error-word", "out-word", "error-word", "half line-word"])
        {
            await command.Says(text);
        }

        Assert.DoesNotContain("Debug-word", command.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Who_was_asked_for_runs_the_application(string server, string mode)
    {
        Skip.If(Environment.UserName != "root", "Root alone has others do the work.");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var nobody = (await Child.Run("id", ["-u", "nobody"])).Trim();
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode, "--user", "nobody");

        var process = (await command.Get("/process/id")).Trim();

        // Real, effective, saved and of the file system.
        var user = (await File.ReadAllLinesAsync($"/proc/{process}/status"))
            .Single(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        Assert.Equal([nobody, nobody, nobody, nobody], user.Split('\t')[1..]);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    /// <summary>As whoever builds it as root, at home.</summary>
    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Who_serves_need_not_be_able_to_read_what_is_installed(string server, string mode)
    {
        Skip.If(Environment.UserName != "root", "Root alone has others do the work.");
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var home = RunningCommand.NewFolder();
        File.SetUnixFileMode(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Child.Run("cp", ["-r", Settings.Dist, Path.Combine(home, "dist")]);
        await using (var command = RunningCommand.StartOf(Path.Combine(home, "dist", "bin", "modhost"), app,
            "--server", server, "--mode", mode, "--user", "www-data"))
        {
            await command.Says("Serving ");
            Assert.Contains("Hello, World!", await command.Get("/json"), StringComparison.Ordinal);
            Assert.DoesNotContain("\"GET /modhost-", command.Output, StringComparison.Ordinal);
            Assert.Equal(ExitCode.Success, await command.Stop());
        }

        Directory.Delete(home, recursive: true);
    }

    [Theory]
    [InlineData("nginx", "--document-root")]
    [InlineData("nginx", "--no-document-root")]
    [InlineData("apache", "--document-root")]
    [InlineData("apache", "--no-document-root")]
    public async Task A_place_without_its_slash_leads_to_it(string server, string files)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, ["--server", server, "--mount-point", "/a+shop", files,
            .. files == "--document-root" ? (string[])[Path.GetDirectoryName(app)!] : []]);
        using var client = RunningCommand.Client();

        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/a+shop?day=1"));

        Assert.Equal(HttpStatusCode.MovedPermanently, response.StatusCode);
        Assert.EndsWith("/a+shop/?day=1", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains("Hello, World!", await command.Get("/a+shop/json"), StringComparison.Ordinal);
        if (files == "--document-root")
        {
            Assert.Contains("runtimeOptions", await command.Get("/a+shop/Hello.runtimeconfig.json"), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    [Effect("start-server", "--dev-certificate")]
    public async Task Https_works_with_a_certificate_that_is_made_and_http2()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var port = FreePort.Next();
        await using var command = await RunningCommand.Serving(app, "--https-port", $"{port}", "--dev-certificate", "--http2");
        using var client = RunningCommand.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://127.0.0.1:{port}/json")) { Version = HttpVersion.Version20 };

        using var response = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task SIGTERM_is_as_CtrlC(string server)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", "daemon");

        command.Send(Signal.Term);

        Assert.Equal(ExitCode.Success, await command.Ended());
    }

    [Theory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Nothing_is_left_when_the_command_is_killed(string server, string mode)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", mode);
        Assert.NotEmpty(command.Others);

        command.Send(Signal.Kill);

        await command.NothingIsLeft();
    }

    [Fact]
    public async Task The_second_CtrlC_does_not_wait_for_requests()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app);
        using var client = RunningCommand.Client();
        var request = client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/gate/wait?key=never"), HttpCompletionOption.ResponseHeadersRead);
        await Wait.Until("the request is in the application",
            async () => (await command.Get("/counters")).Contains("gate-waiting=1", StringComparison.Ordinal));

        command.Send(Signal.Int);
        await command.Says("Stopping: requests in flight may end.");
        Assert.False(command.HasExited);
        command.Send(Signal.Int);

        Assert.Equal(ExitCode.Interrupted, await command.Ended());
        // Broken off, or answered by an application that was told to stop: it did not get what it waited for.
        await request.ContinueWith(ended => Assert.False(ended.IsCompletedSuccessfully && ended.Result.IsSuccessStatusCode), TaskScheduler.Default);
    }

    [Theory]
    [InlineData("nginx", "nginx")]
    [InlineData("apache", "apache")]
    [InlineData("nginx", "apache")]
    public async Task Two_at_once_do_not_disturb_each_other(string one, string other)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var first = await RunningCommand.Serving(app, "--server", one);
        await using var second = await RunningCommand.Serving(app, "--server", other, "--mode", "daemon");
        Assert.NotEqual(first.State, second.State);

        Assert.Equal(ExitCode.Success, await first.Stop());
        Assert.Contains("Hello", await second.Get("/json"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await second.Stop());
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var first = await RunningCommand.Serving(app);

        var (code, output) = await RunningCommand.Run("start-server", app, "--host", "127.0.0.1", "--port", $"{first.Port}");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal($"modhost: port {first.Port} is in use; choose another with --port", output.Trim());
    }

    [Theory]
    [InlineData("nginx", "nginx is not installed; type: sudo apt-get install nginx")]
    [InlineData("apache", "Apache is not installed; type: sudo apt-get install apache2")]
    [InlineData(null, "there is no web server; type: sudo apt-get install nginx")]
    public async Task A_web_server_that_is_missing_is_one_sentence(string? server, string said)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var environment = new Dictionary<string, string?> { ["MODHOST_NGINX"] = "/no", ["MODHOST_APACHE"] = "/no" };
        string[] wanted = server is null ? [] : ["--server", server];

        var (code, output) = await Child.TryRun(RunningCommand.Program, ["start-server", app, .. wanted], "/", environment);

        Assert.Equal((ExitCode.Failed, $"modhost: {said}"), (code, output.Trim()));
    }

    [Theory]
    [InlineData("/no/such/App.dll")]
    [InlineData("/etc/hostname")]
    [InlineData("/etc")]
    public async Task A_wrong_application_is_one_sentence_and_code_2(string app)
    {
        var (code, output) = await RunningCommand.Run("start-server", app);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Matches(new Regex(@"\Amodhost: [^\n]+\z"), output.Trim());
    }

    [Fact]
    public async Task A_broken_application_is_told_by_the_web_servers_own_check()
    {
        var folder = Settings.NewFolder("broken");
        var dll = Path.Combine(folder, "Broken.dll");
        await File.WriteAllTextAsync(dll, "no assembly");
        await File.WriteAllTextAsync(Path.Combine(folder, "Broken.runtimeconfig.json"), "{}");

        var (code, output) = await RunningCommand.Run("start-server", dll, "--port", $"{FreePort.Next()}");

        Directory.Delete(folder, recursive: true);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Matches(new Regex(@"\Amodhost: MH01\d\d: [^\n]+\z"), output.Trim());
        Assert.DoesNotContain("nginx.conf", output, StringComparison.Ordinal);
    }

    [Fact]
    [Effect("start-server", "--setup-only")]
    public async Task Setup_only_writes_what_the_web_server_accepts_and_starts_nothing()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = RunningCommand.Start(app, "--setup-only", "--mode", "daemon", "--compress", "--trust-proxy", "10.0.0.0/8");
        await Wait.Until("it has ended", () => command.HasExited);
        await Wait.Until("it has said where", () => command.Output.Contains("nginx.conf", StringComparison.Ordinal));
        var configuration = command.Output.Trim().Split('\n')[^1];

        Assert.Equal(command.State, Path.GetDirectoryName(configuration));
        Assert.Empty(command.Others);
        var (code, output) = await Child.TryRun(Settings.Nginx, ["-t", "-p", command.State, "-c", configuration, "-e", "stderr"]);
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task Static_files_are_the_web_servers_and_everything_else_the_applications(string server)
    {
        var folder = await Copy("Hello");
        Directory.CreateDirectory(Path.Combine(folder, "wwwroot", "css"));
        await File.WriteAllTextAsync(Path.Combine(folder, "wwwroot", "css", "site.css"), "body {}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "wwwroot", "upload"), "a file at the application's place\n");
        await using var command = await RunningCommand.Serving(folder, "--server", server, "--mount-point", "/shop",
            "--url-alias", $"/media={folder}/wwwroot/css");
        using var client = RunningCommand.Client();
        using var css = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/shop/css/site.css"));
        using var alias = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}/media/site.css"));
        using var posted = await client.PostAsync(new Uri($"http://127.0.0.1:{command.Port}/shop/upload"), new StringContent("12345"));

        Assert.Equal(("text/css", "body {}\n"), (css.Content.Headers.ContentType?.MediaType, await css.Content.ReadAsStringAsync()));
        Assert.NotNull(css.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, alias.StatusCode);
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
        Assert.Contains("Hello", await command.Get("/shop/json"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An application's files, to be changed.</summary>
    internal static async Task<string> Copy(string name)
    {
        var app = await AppBuild.Of(name, AppRuntime.Jit);
        var folder = Settings.NewFolder("app");
        await Child.Run("cp", ["-r", Path.GetDirectoryName(app)! + "/.", folder]);
        return folder;
    }
}
