using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>What <c>nginx -t</c> and <c>apachectl configtest</c> refuse of process groups, and that checking does nothing but read.</summary>
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
    [InlineData("", "pass /bin/true;", "MH0230: .*process[_-]group=")]
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
    [InlineData("/nowhere/run")]
    [InlineData("/dev/null")]
    [InlineData("/tmp/a-run-directory-whose-path-is-longer-than-that-of-a-socket-may-be")]
    public async Task A_run_directory_that_cannot_be_used_is_refused(string path)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var (code, output) = await ServerHost.Check(Setup($"run_directory {path}; {Declared}", $"pass {app} process_group=shop"));
        Assert.NotEqual(0, code);
        Assert.Matches("MH0231: .*" + path, output);
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

    private static ServerSetup Setup(string options, string place = "") =>
        new() { OwnGroups = true, Options = options, Places = [new("/", place)] };
}
