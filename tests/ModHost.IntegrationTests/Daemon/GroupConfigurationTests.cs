using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>What <c>nginx -t</c> and <c>apachectl configtest</c> refuse of process groups, and that checking does nothing but read.</summary>
[Trait("Set", "core")]
public sealed class GroupConfigurationTests
{
    private const string Declared = "daemon_process shop user=nobody; ";

    [Theory]
    [InlineData("", "pass APP process_group=shop;", "MH0222: .*shop")]
    [InlineData("", "pass APP; process_group shop;", "MH0222: .*shop")]
    [InlineData("daemon_process shop colour=red;", "", "MH0220: .*colour")]
    [InlineData("daemon_process shop processes=none;", "", "MH0221: .*processes=none")]
    [InlineData("daemon_process shop startup_timeout=soon;", "", "MH0221: .*startup-timeout=soon")]
    [InlineData("daemon_process shop min-processes=3 max-processes=2;", "pass APP process_group=shop;", "MH0221: .*min-processes=3")]
    [InlineData("daemon_process shop dotnet-root=/nowhere;", "pass APP process_group=shop;", "MH0221: .*dotnet-root=/nowhere")]
    [InlineData("daemon_process shop user=nobody-of-this-name;", "", "MH0226: .*nobody-of-this-name")]
    [InlineData("daemon_process shop group=no-group-of-this-name;", "", "MH0226: .*no-group-of-this-name")]
    [InlineData("daemon_process shop nofile-limit=99999999;", "pass APP process_group=shop;", "MH0228: .*99999999")]
    [InlineData("daemon_process embedded;", "", "MH0229: ")]
    [InlineData(Declared + Declared, "", "MH0225: .*shop.*LINE")]
    [InlineData(Declared, "pass /nowhere/Missing.dll process_group=shop;", "MH0101: .*Missing\\.dll")]
    [InlineData(Declared, "pass PLAIN process_group=shop;", "MH0109: .*modhost_worker_main")]
    [InlineData(Declared, "pass APP process_group=shop; NEXT pass /bin/true process_group=shop", "MH0224: .*/bin/true")]
    [InlineData("restrict_embedded on;" + Declared, "pass APP process_group=embedded;", "MH0204: ")]
    public async Task Refused_with_file_and_line(string options, string place, string says)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var files = Settings.NewFolder("apps");
        var plain = Path.Combine(files, "plain.so");
        File.Copy("/lib/x86_64-linux-gnu/libc.so.6", plain);
        try
        {
            var text = place.Replace("APP", app, StringComparison.Ordinal).Replace("PLAIN", plain, StringComparison.Ordinal).Split("NEXT");
            Place[] places = [new("/", text[0]) { InSection = true }, .. text[1..].Select(more => new Place("/b", more) { InSection = true })];
            await ServerHost.Refuses(Setup(options) with { Places = places }, says.Replace("LINE", WebServer.Tested.Line, StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    // prefork has nothing outside of a group.
    [Fact, Trait("Not", "prefork")]
    public Task An_executable_outside_of_a_group_is_refused() => ServerHost.Refuses(Setup("", "pass /bin/true"), "MH0230: .*process[_-]group=");

    [Fact]
    public async Task A_group_of_one_server_is_not_another_servers()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var other = FreePort.Next();
        await ServerHost.Refuses(Setup("", $"pass {app} process_group=shop") with
        {
            Nginx = new() { Http = $"server {{ listen 127.0.0.1:{other}; {Spelling.ForNginx(Declared)} location / {{ modhost_pass {app} process_group=shop; }} }}" },
            Apache = new() { Main = $"<VirtualHost 127.0.0.1:{other}>\n{Spelling.ForApache(Declared)}\nModHostAlias / {app} process-group=shop\n</VirtualHost>" },
        }, $"MH0223: .*shop.*{WebServer.Tested.Line}");
    }

    [SkippableFact]
    public async Task Root_as_a_workers_user_has_to_be_allowed()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root could do so");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await ServerHost.Refuses(Setup("daemon_process shop user=root", $"pass {app} process_group=shop"), "MH0227: ");
        var (code, output) = await ServerHost.Check(Setup("daemon_process shop user=root allow-root=on", $"pass {app} process_group=shop"));
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("/nowhere/run", "is not there and cannot be made")]
    [InlineData("/dev/null", "is not a folder")]
    [InlineData("/tmp/a-run-directory-whose-path-is-longer-than-that-of-a-socket-may-be", "is longer than")]
    [InlineData("", "other users may write to")]
    public async Task A_run_directory_that_cannot_be_used_is_refused_with_file_and_line(string path, string says)
    {
        var shared = Settings.NewFolder("run");
        var run = path.Length > 0 ? path : shared;
        var places = await Prepare($"run_directory {run}; {Declared}");
        var (code, output) = await ServerHost.Check(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "run_directory", run, says);
        Directory.Delete(places.Prefix, recursive: true);
        Directory.Delete(shared);
    }

    [SkippableFact]
    public async Task A_run_directory_that_cannot_be_written_is_refused_with_file_and_line()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "It takes two users.");
        var run = Settings.NewFolder("run");
        File.SetUnixFileMode(run, (UnixFileMode)0x1ed);
        var places = await Prepare($"run_directory {run}; daemon_process shop");
        var (code, output) = await CheckAsDaemon(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "run_directory", run, "cannot be written: Permission denied");
        Directory.Delete(places.Prefix, recursive: true);
        Directory.Delete(run);
    }

    [SkippableFact]
    public async Task Where_the_usual_run_directory_cannot_be_used_the_group_is_named()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "It takes two users.");

        // Of a web server that is not root's it is below the prefix; root's own is not for a test to break.
        var places = await Prepare("daemon_process shop");
        var run = Path.Combine(places.Prefix, "modhost_run");
        File.WriteAllText(run, "");
        var (code, output) = await CheckAsDaemon(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "daemon_process", run, "is not a folder");
        Directory.Delete(places.Prefix, recursive: true);
    }

    [Fact]
    public async Task A_good_configuration_passes_without_side_effects()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var places = ServerHost.Prepare(Setup(
            "run_directory run; daemon_process shop processes=2 user=nobody queue-timeout=1m30s memory_limit=1g env=A=B",
            $"pass {app} process_group=shop"));
        var (code, output) = await ServerHost.Check(places);
        Assert.True(code == 0, output);
        Assert.DoesNotContain("MH", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(places.Prefix, "run")));
        Directory.Delete(places.Prefix, recursive: true);
    }

    private static async Task<ServerPlaces> Prepare(string options)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        return ServerHost.Prepare(Setup(options, $"pass {app} process_group=shop"));
    }

    // The check by somebody who is not root: Debian's user 1.
    private static Task<(int Code, string Output)> CheckAsDaemon(ServerPlaces places)
    {
        foreach (var file in Directory.EnumerateFiles(places.Prefix))
        {
            File.SetUnixFileMode(file, (UnixFileMode)0x1a4);
        }

        return Child.TryRun("/usr/bin/setpriv", ["--reuid=1", "--regid=1", "--clear-groups",
            WebServer.Tested.Program, .. WebServer.Tested.Check(places)], places.Prefix);
    }

    // The line is that of the directive itself, not of whatever was read last.
    private static void IsRefused(string output, ServerPlaces places, string option, string run, string says)
    {
        var line = 1 + Array.FindIndex(File.ReadAllLines(places.Configuration), text => Spelling.Names(text, option));
        var refusal = output.Split('\n').FirstOrDefault(text => text.Contains("MH0231: ", StringComparison.Ordinal));
        Assert.True(refusal is not null, output);
        Assert.Matches(WebServer.Tested.Refusal("MH0231: "), refusal);
        Assert.Contains($"\"{run}\"", refusal, StringComparison.Ordinal);
        Assert.Contains(says, refusal, StringComparison.Ordinal);
        Assert.EndsWith($" in {places.Configuration}:{line}", refusal.TrimEnd(), StringComparison.Ordinal);
    }

    private static ServerSetup Setup(string options, string place = "") =>
        new() { OwnGroups = true, Options = options, Places = [new("/", place)] };
}
