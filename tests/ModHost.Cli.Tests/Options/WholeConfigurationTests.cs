using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Options;

/// <summary>Many options together: configurations that a web server's own check has nothing against.</summary>
public sealed class WholeConfigurationTests : IDisposable
{
    private static readonly string[] s_apacheModules =
    [
        "mpm_event", "authz_core", "authz_host", "alias", "dir", "mime", "rewrite", "socache_shmcb", "ssl", "http2", "remoteip",
        "filter", "deflate",
    ];

    private readonly string _folder = Settings.NewFolder("whole");

    private string Target => Path.Combine(_folder, "target");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task Start_server_with_all_options_passes(string server, string mode)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = RunningCommand.Start(app,
            ["--server", server, "--setup-only", .. Options(mode, "--host", "--port", "--setenv")]);
        await Wait.Until("it has said where", () => command.HasExited && command.Output.Trim().EndsWith(".conf", StringComparison.Ordinal));
        var configuration = command.Output.Trim().Split('\n')[^1];
        Assert.StartsWith(command.State, configuration, StringComparison.Ordinal);

        var (code, output) = server == "nginx"
            ? await Child.TryRun(Settings.Nginx, ["-t", "-p", command.State, "-c", configuration, "-e", "stderr"])
            : await Child.TryRun(Settings.Apache, ["-t", "-d", command.State, "-f", configuration]);
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("nginx", "embedded")]
    [InlineData("nginx", "daemon")]
    [InlineData("apache", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task A_site_with_all_options_passes_in_a_server_of_its_own(string server, string mode)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var (code, output) = await RunningCommand.Run(["setup-server", app, "--server", server, "--target", Target, "--name", "shop",
            .. Options(mode, "--workers")]);
        Assert.True(code == 0, output);
        // Logs of Debian's places belong to a service.
        var site = Path.Combine(Target, "shop.conf");
        await File.WriteAllTextAsync(site, (await File.ReadAllTextAsync(site)).Replace($"/var/log/{(server == "nginx" ? "nginx" : "apache2")}/",
            _folder + "/", StringComparison.Ordinal));

        (code, output) = server == "nginx" ? await CheckNginx() : await CheckApache();
        Assert.True(code == 0, output);
    }

    // But for those that the other contradicts, and those that are given elsewhere.
    private IEnumerable<string> Options(string mode, params string[] but)
    {
        var rows = new OptionRows(_folder);
        rows.Make();
        return rows.Possible.Where(row => !but.Contains(row.Option)
                && (mode == "daemon" || (row.Option != "--mode" && !row.Needs.Contains("daemon")))
                && row.Option is not ("--no-document-root" or "--certificate" or "--key"))
            .SelectMany(row => row.Typed);
    }

    private async Task<(int, string)> CheckNginx()
    {
        var file = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(file, $$"""
            include {{Target}}/module.conf;
            pid {{_folder}}/nginx.pid;
            events {}
            http {
                modhost_run_directory {{_folder}}/run;
                modhost_state_directory {{_folder}}/state;
                include {{Target}}/shop.conf;
            }
            """);
        return await Child.TryRun(Settings.Nginx, ["-t", "-p", _folder, "-c", file, "-e", "stderr"]);
    }

    private async Task<(int, string)> CheckApache()
    {
        var file = Path.Combine(_folder, "httpd.conf");
        var modules = s_apacheModules.Where(module => File.Exists(Path.Combine(Settings.ApacheModules, $"mod_{module}.so")))
            .Select(module => $"LoadModule {module}_module {Settings.ApacheModules}/mod_{module}.so");
        await File.WriteAllTextAsync(file, $"""
            ServerRoot {_folder}
            ServerName localhost
            PidFile {_folder}/httpd.pid
            DefaultRuntimeDir {_folder}
            ErrorLog {_folder}/error.log
            User www-data
            Group www-data
            {string.Join('\n', modules)}
            Include {Target}/module.load
            ModHostRunDirectory {_folder}/run
            ModHostStateDirectory {_folder}/state
            Include {Target}/shop.conf
            """);
        return await Child.TryRun(Settings.Apache, ["-t", "-f", file]);
    }
}
