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
    [InlineData("/nowhere/run", "is not there and cannot be made")]
    [InlineData("/dev/null", "is not a folder")]
    [InlineData("/tmp/a-run-directory-whose-path-is-longer-than-that-of-a-socket-may-be", "is longer than")]
    [InlineData("", "other users may write to")]
    public async Task A_run_directory_that_cannot_be_used_is_refused_with_file_and_line(string path, string says)
    {
        var shared = Settings.NewFolder("run");
        var run = path.Length > 0 ? path : shared;
        var places = await Prepare($"modhost_run_directory {run};\n{Declared}");
        var (code, output) = await NginxHost.Check(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "modhost_run_directory", run, says);
        Directory.Delete(places.Prefix, recursive: true);
        Directory.Delete(shared);
    }

    [SkippableFact]
    public async Task A_run_directory_that_cannot_be_written_is_refused_with_file_and_line()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "It takes two users.");
        var run = Settings.NewFolder("run");
        File.SetUnixFileMode(run, (UnixFileMode)0x1ed);
        var places = await Prepare($"modhost_run_directory {run};\nmodhost_daemon_process shop;");
        var (code, output) = await CheckAsDaemon(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "modhost_run_directory", run, "cannot be written: Permission denied");
        Directory.Delete(places.Prefix, recursive: true);
        Directory.Delete(run);
    }

    [SkippableFact]
    public async Task Where_the_usual_run_directory_cannot_be_used_the_group_is_named()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "It takes two users.");

        // Of a web server that is not root's it is below the prefix; root's own is not for a test to break.
        var places = await Prepare("modhost_daemon_process shop;");
        var run = Path.Combine(places.Prefix, "modhost_run");
        File.WriteAllText(run, "");
        var (code, output) = await CheckAsDaemon(places);
        Assert.NotEqual(0, code);
        IsRefused(output, places, "modhost_daemon_process", run, "is not a folder");
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

    private static async Task<NginxPlaces> Prepare(string http)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        return NginxHost.Prepare(new NginxSetup
        {
            OwnGroups = true,
            Http = _ => http,
            Server = _ => $"location / {{ modhost_pass {app} process_group=shop; }}",
        });
    }

    // nginx -t of somebody who is not root: Debian's user 1.
    private static Task<(int Code, string Output)> CheckAsDaemon(NginxPlaces places)
    {
        foreach (var file in Directory.EnumerateFiles(places.Prefix))
        {
            File.SetUnixFileMode(file, (UnixFileMode)0x1a4);
        }

        return Child.TryRun("/usr/bin/setpriv", ["--reuid=1", "--regid=1", "--clear-groups",
            Settings.Nginx, "-t", "-p", places.Prefix, "-c", places.Configuration], places.Prefix);
    }

    // The line is that of the directive itself, not of whatever was read last.
    private static void IsRefused(string output, NginxPlaces places, string directive, string run, string says)
    {
        var line = 1 + Array.FindIndex(File.ReadAllLines(places.Configuration), text => text.Contains(directive, StringComparison.Ordinal));
        var refusal = output.Split('\n').FirstOrDefault(text => text.Contains("MH0231: ", StringComparison.Ordinal));
        Assert.True(refusal is not null, output);
        Assert.Contains("[emerg]", refusal, StringComparison.Ordinal);
        Assert.Contains($"\"{run}\"", refusal, StringComparison.Ordinal);
        Assert.Contains(says, refusal, StringComparison.Ordinal);
        Assert.EndsWith($" in {places.Configuration}:{line}", refusal.TrimEnd(), StringComparison.Ordinal);
    }

    private static async Task<(NginxPlaces Places, int Code, string Output)> Check(string http, string server)
    {
        var places = NginxHost.Prepare(new NginxSetup { OwnGroups = true, Http = _ => http, Server = _ => server });
        var (code, output) = await NginxHost.Check(places);
        return (places, code, output);
    }
}
