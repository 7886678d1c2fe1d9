using ModHost.Cli.Tests.Options;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>What options do that are about files: of <c>setup-server</c> and <c>start-server</c>.</summary>
public sealed class SetupOptionTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("setup");

    private string Target => Path.Combine(_folder, "target");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Effect("setup-server", "--target")]
    [Effect("setup-server", "--name")]
    [Effect("setup-server", "--force")]
    [Effect("setup-server", "--dry-run")]
    public async Task A_set_up_is_written_once_and_what_somebody_edited_is_left_alone()
    {
        var dry = await SetUp("--dry-run");
        Assert.False(Directory.Exists(Target));
        Assert.Contains($"# {Target}/web.conf (new)", dry, StringComparison.Ordinal);

        await SetUp();
        string[] files = ["logrotate.conf", "module.conf", "nginx.service.conf", "tmpfiles.conf", "web.conf", "webctl"];
        Assert.Equal(files, Directory.GetFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("new: ", await SetUp(), StringComparison.Ordinal);

        var site = Path.Combine(Target, "web.conf");
        var written = await File.ReadAllTextAsync(site);
        await File.AppendAllTextAsync(site, "# mine\n");
        var (code, output) = await RunningCommand.Run(await Arguments());
        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal($"modhost: {site} was edited, and nothing was written; --force overwrites it", output.Trim());
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(site), StringComparison.Ordinal);

        await SetUp("--force");
        Assert.Equal(written, await File.ReadAllTextAsync(site));
    }

    [Theory]
    [InlineData("nginx", "/etc/nginx/sites-available/web.conf")]
    [InlineData("apache", "/etc/apache2/sites-available/web.conf")]
    [Effect("setup-server", "--system")]
    [Effect("setup-server", "--server")]
    public async Task Debians_places_are_told_by_a_dry_run(string server, string site)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var (code, output) = await RunningCommand.Run("setup-server", app, "--system", "--dry-run", "--name", "web", "--server", server);

        Assert.True(code == 0, output);
        Assert.Contains($"# {site} (new)", output, StringComparison.Ordinal);
        Assert.Contains("# /usr/local/sbin/webctl (new)", output, StringComparison.Ordinal);
    }

    /// <summary>What docs/cli.md says of <c>setup-server</c> where nothing is typed.</summary>
    [Theory]
    [InlineData("nginx", "listen *:80;", "access_log /var/log/nginx/web.access.log combined")]
    [InlineData("apache", "<VirtualHost *:80>", "CustomLog /var/log/apache2/web.access.log \"%h %l")]
    public async Task A_sites_defaults_are_those_that_the_options_tell(string server, string listen, string log)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var (code, output) = await RunningCommand.Run("setup-server", app, "--system", "--dry-run", "--name", "web", "--server", server);

        Assert.True(code == 0, output);
        Assert.Contains(listen, output, StringComparison.Ordinal);
        Assert.Contains(log, output, StringComparison.Ordinal);
    }

    [Fact]
    [Effect("start-server", "--state-directory")]
    public async Task What_an_application_keeps_can_outlive_a_run()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        var kept = Path.Combine(_folder, "kept");
        Directory.CreateDirectory(kept);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon", "--state-directory", kept);
        Assert.Equal(ExitCode.Success, await command.Stop());

        Assert.True(Directory.Exists(Path.Combine(kept, "hello")), string.Join('\n', Directory.GetFileSystemEntries(kept)));
    }

    private async Task<string> SetUp(params string[] options)
    {
        var (code, output) = await RunningCommand.Run([.. await Arguments(), .. options]);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<string[]> Arguments() =>
        ["setup-server", await AppBuild.Of("Hello", AppRuntime.Jit), "--server", "nginx", "--target", Target, "--name", "web"];
}
