using ModHost.Cli.Tests.Options;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>What options of <c>modhost dev</c> do.</summary>
public sealed class DevelopmentOptionTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("dev-options");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Effect("dev", "--host")]
    [Effect("dev", "--port")]
    [Effect("dev", "--https-port")]
    [Effect("dev", "--certificate")]
    [Effect("dev", "--key")]
    [Effect("dev", "--http2")]
    [Effect("dev", "--server-name")]
    [Effect("dev", "--mount-point")]
    [Effect("dev", "--url-alias")]
    [Effect("dev", "--include-file")]
    [Effect("dev", "--setenv")]
    [Effect("dev", "--env-file")]
    [Effect("dev", "--dotnet-root")]
    [Effect("dev", "--startup-timeout")]
    [Effect("dev", "--graceful-timeout")]
    [Effect("dev", "--access-log")]
    [Effect("dev", "--log-level")]
    [Effect("dev", "--log-format")]
    [Effect("dev", "--no-browser-refresh")]
    [Effect("dev", "--quiet")]
    [Effect("dev", "--open")]
    public async Task Options_of_the_server_are_in_the_configuration_and_the_others_do_what_they_say()
    {
        var (https, opened) = (FreePort.Next(), Path.Combine(_folder, "opened"));
        var rows = new OptionRows(_folder);
        rows.Make();
        var browser = Path.Combine(_folder, "browser");
        await File.WriteAllTextAsync(browser, $"#!/bin/sh\necho \"$1\" >{opened}.new && mv {opened}.new {opened}\n");
        File.SetUnixFileMode(browser, (UnixFileMode)0x1ed);
        await using var project = new SmallProject();
        string[] names = [.. Definitions.Options("dev")];
        var shared = rows.All.Where(row => names.Contains(row.Option) && row.Option is not ("--host" or "--port" or "--https-port" or "--key")).ToArray();

        project.Develop(new Dictionary<string, string?> { ["BROWSER"] = "browser", ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:{_folder}" }, ["--host", "127.0.0.1", "--port", $"{project.Port}",
            "--no-browser-refresh", "--quiet", "--open", "--https-port", $"{https}", "--http2",
            .. shared.SelectMany(row => row.Option == "--certificate" ? row.Typed[..4] : row.Typed).Where(word => word != "--http2")]);
        var page = await project.Shows("first", $"http://127.0.0.1:{project.Port}/there/");
        await Wait.Until("a browser was started", () => File.Exists(opened));

        var text = project.Configuration;
        Assert.All(shared.Where(row => row.Option != "--startup-timeout"), row => Assert.Contains(row.Nginx, text, StringComparison.Ordinal));
        Assert.Contains("startup-timeout=41s", text, StringComparison.Ordinal);
        Assert.Contains("graceful-timeout=44s", text, StringComparison.Ordinal);
        Assert.Contains($"listen 127.0.0.1:{project.Port};", text, StringComparison.Ordinal);
        Assert.NotNull(await SmallProject.Get($"https://127.0.0.1:{https}/there/"));
        Assert.DoesNotContain("script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Serving", project.Output, StringComparison.Ordinal);
        Assert.Equal($"http://shop.example:{project.Port}/there/", (await File.ReadAllTextAsync(opened)).Trim());
        Assert.Equal(0, await project.Stop());
    }

    /// <summary>Databases that lie beside the sources, secrets below HOME, settings of the terminal.</summary>
    [Fact]
    public async Task An_application_finds_what_it_finds_under_dotnet_run()
    {
        await using var project = new SmallProject();
        project.WriteSource("""
            var builder = WebApplication.CreateBuilder(args);
            File.WriteAllText("written.db", "by the application");
            var app = builder.Build();
            app.MapGet("/", () => string.Join('|', Directory.GetCurrentDirectory(), builder.Environment.ContentRootPath.TrimEnd('/'),
                builder.Environment.EnvironmentName, Environment.GetEnvironmentVariable("HOME"), builder.Configuration["Shop:Owner"],
                Environment.GetEnvironmentVariable("MODHOST_NGINX")));
            app.Run();
            """);
        project.Develop(new Dictionary<string, string?> { ["Shop__Owner"] = "\"fred\" = 'me' $HOME \\", ["HOME"] = _folder },
            "--host", "127.0.0.1", "--port", $"{project.Port}");

        Assert.Equal($"{project.Folder}|{project.Folder}|Development|{_folder}|\"fred\" = 'me' $HOME \\|", await project.Shows("|"));
        Assert.Equal("by the application", await File.ReadAllTextAsync(Path.Combine(project.Folder, "written.db")));

        project.WritePage("second");
        await project.Shows("second");
        Assert.Equal(1, project.Output.Split("has changed: building").Length - 1);
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    [Effect("dev", "--watch")]
    [Effect("dev", "--interval")]
    [Effect("dev", "--dev-certificate")]
    public async Task Another_folder_is_watched_and_a_build_waits_for_the_end_of_changes()
    {
        const int Interval = 1500;
        var https = FreePort.Next();
        await using var project = new SmallProject();
        project.Develop("--watch", project.More, "--interval", $"{Interval}", "--https-port", $"{https}", "--dev-certificate");
        var page = await project.Shows("first");
        Assert.Contains("<script src=\"/_modhost/refresh.js?worker=small/0/", page, StringComparison.Ordinal);
        Assert.NotNull(await SmallProject.Get($"https://127.0.0.1:{https}/"));

        var began = DateTime.UtcNow;
        await File.WriteAllTextAsync(Path.Combine(project.More, "extra.txt"), "more");
        await project.Says("extra.txt has changed");
        Assert.True(DateTime.UtcNow - began >= TimeSpan.FromMilliseconds(Interval));
        await project.Says("The new version is there");
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    [Effect("dev", "--debug")]
    [Effect("dev", "--no-reload")]
    public async Task With_a_debugger_to_come_the_application_does_not_run_yet_and_changes_may_be_left_alone()
    {
        await using var project = new SmallProject();
        project.Develop("--debug", "--no-reload");
        await project.Says("waits for a debugger.");

        var line = project.Output.Split('\n').First(line => line.Contains("waits for a debugger.", StringComparison.Ordinal));
        var process = int.Parse(line.Split("Process ")[1].Split(' ')[0]);
        Assert.Contains("Small.dll", string.Join(' ', ProcFs.CommandLine(process), string.Join(' ', ProcFs.Maps(process))), StringComparison.Ordinal);
        // inotify is what changes are seen with.
        Assert.DoesNotContain("anon_inode:inotify", ProcFs.Descriptors(project.Id));
        Assert.DoesNotContain("auth_request", project.Configuration, StringComparison.Ordinal);
        Assert.DoesNotContain("Serving", project.Output, StringComparison.Ordinal);
        Assert.Equal(0, await project.Stop());
    }
}
