using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>What <c>nginx -t</c> refuses of process groups, and that checking does nothing but read.</summary>
public sealed class GroupConfigurationTests
{
    private const string Declared = "modhost_daemon_process shop user=nobody;";

    [Theory]
    [InlineData("", "modhost_pass APP process_group=shop;", "MH0222: .*shop")]
    [InlineData("", "modhost_pass APP; modhost_process_group shop;", "MH0222: .*shop")]
    [InlineData("modhost_daemon_process shop colour=red;", "", "MH0220: .*colour")]
    [InlineData("modhost_daemon_process shop processes=none;", "", "MH0221: .*processes=none")]
    [InlineData("modhost_daemon_process shop startup_timeout=soon;", "", "MH0221: .*startup-timeout=soon")]
    [InlineData("modhost_daemon_process shop min-processes=3 max-processes=2;", "modhost_pass APP process_group=shop;", "MH0221: .*min-processes=3")]
    [InlineData("modhost_daemon_process shop dotnet-root=/nowhere;", "modhost_pass APP process_group=shop;", "MH0221: .*dotnet-root=/nowhere")]
    [InlineData("modhost_daemon_process shop user=nobody-of-this-name;", "", "MH0226: .*nobody-of-this-name")]
    [InlineData("modhost_daemon_process shop group=no-group-of-this-name;", "", "MH0226: .*no-group-of-this-name")]
    [InlineData("modhost_daemon_process shop nofile-limit=99999999;", "modhost_pass APP process_group=shop;", "MH0228: .*99999999")]
    [InlineData("modhost_daemon_process embedded;", "", "MH0229: ")]
    [InlineData(Declared + Declared, "", "MH0225: .*shop.*nginx\\.conf:\\d+")]
    [InlineData(Declared, "modhost_pass /nowhere/Missing.dll process_group=shop;", "MH0101: .*Missing\\.dll")]
    [InlineData(Declared, "modhost_pass PLAIN process_group=shop;", "MH0109: .*modhost_worker_main")]
    [InlineData(Declared, "modhost_pass APP process_group=shop; } location /b { modhost_pass /bin/true process_group=shop;", "MH0224: .*/bin/true")]
    [InlineData("modhost_restrict_embedded on;" + Declared, "modhost_pass APP process_group=embedded;", "MH0204: ")]
    [InlineData("", "modhost_pass /bin/true;", "MH0230: .*process_group=")]
    public async Task Refused_with_file_and_line(string http, string location, string says)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var files = Settings.NewFolder("apps");
        var plain = Path.Combine(files, "plain.so");
        File.Copy("/lib/x86_64-linux-gnu/libc.so.6", plain);
        try
        {
            var text = location.Replace("APP", app, StringComparison.Ordinal).Replace("PLAIN", plain, StringComparison.Ordinal);
            var (places, code, output) = await Check(http, $"location / {{\n{text}\n}}");
            Assert.True(code != 0, output);
            Assert.Matches(@"\[emerg\].*" + says, output);
            Assert.Matches(@"nginx\.conf:\d+", output);
            Directory.Delete(places.Prefix, recursive: true);
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
        var (places, code, output) = await Check(
            $"server {{ listen 127.0.0.1:{FreePort.Next()}; {Declared} location / {{ modhost_pass {app} process_group=shop; }} }}",
            $"location / {{ modhost_pass {app} process_group=shop; }}");
        Assert.NotEqual(0, code);
        Assert.Matches(@"MH0223: .*shop.*nginx\.conf:\d+.*nginx\.conf:\d+", output);
        Directory.Delete(places.Prefix, recursive: true);
    }

    [SkippableFact]
    public async Task Root_as_a_workers_user_has_to_be_allowed()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root could do so");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var location = $"location / {{ modhost_pass {app} process_group=shop; }}";
        var (refused, code, output) = await Check("modhost_daemon_process shop user=root;", location);
        Assert.NotEqual(0, code);
        Assert.Matches(@"MH0227: .*nginx\.conf:\d+", output);
        var (allowed, other, text) = await Check("modhost_daemon_process shop user=root allow-root=on;", location);
        Assert.True(other == 0, text);
        Directory.Delete(refused.Prefix, recursive: true);
        Directory.Delete(allowed.Prefix, recursive: true);
    }

    [Theory]
    [InlineData("/nowhere/run")]
    [InlineData("/dev/null")]
    [InlineData("/tmp/a-run-directory-whose-path-is-longer-than-that-of-a-socket-may-be")]
    public async Task A_run_directory_that_cannot_be_used_is_refused(string path)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var (places, code, output) = await Check(
            $"modhost_run_directory {path}; {Declared}", $"location / {{ modhost_pass {app} process_group=shop; }}");
        Assert.NotEqual(0, code);
        Assert.Matches("MH0231: .*" + path, output);
        Directory.Delete(places.Prefix, recursive: true);
    }

    [Fact]
    public async Task A_good_configuration_passes_without_side_effects()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var (places, code, output) = await Check(
            "modhost_run_directory run; modhost_daemon_process shop processes=2 user=nobody queue-timeout=1m30s memory_limit=1g env=A=B;",
            $"location / {{ modhost_pass {app} process_group=shop; }}");
        Assert.True(code == 0, output);
        Assert.DoesNotContain("MH", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(places.Prefix, "run")));
        Directory.Delete(places.Prefix, recursive: true);
    }

    private static async Task<(NginxPlaces Places, int Code, string Output)> Check(string http, string server)
    {
        var places = NginxHost.Prepare(new NginxSetup { OwnGroups = true, Http = _ => http, Server = _ => server });
        var (code, output) = await NginxHost.Check(places);
        return (places, code, output);
    }
}
