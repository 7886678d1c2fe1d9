using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Faults;

/// <summary>What <c>nginx -t</c> refuses, and that checking does nothing but read.</summary>
public sealed class ConfigurationTests
{
    private const string Framework = """
        { "runtimeOptions": { "tfm": "net99.0", "frameworks": [ { "name": "Microsoft.NETCore.App", "version": "99.0.0" }, { "name": "Microsoft.AspNetCore.App", "version": "99.0.0" } ] } }
        """;

    [Theory]
    [InlineData("modhost_pass /nowhere/Missing.dll;", "Missing\\.dll")]
    [InlineData("modhost_pass /nowhere;", "/nowhere")]
    [InlineData("modhost_pass;", "invalid number of arguments")]
    [InlineData("modhost_pass APP nonsense=1;", "nonsense")]
    [InlineData("modhost_pass APP path_base=shop;", "path_base|shop")]
    [InlineData("modhost_pass APP; modhost_pass APP;", "duplicate")]
    [InlineData("modhost_pass APP; modhost_dispatch sometimes;", "sometimes")]
    [InlineData("modhost_pass APP; modhost_max_concurrency many;", "many|invalid number")]
    [InlineData("modhost_pass APP; modhost_queue_size -1;", "-1|invalid number")]
    [InlineData("modhost_pass APP; modhost_queue_timeout soon;", "soon|invalid value")]
    [InlineData("modhost_pass APP; modhost_request_timeout x;", "x|invalid value")]
    [InlineData("modhost_pass APP; modhost_startup_timeout x;", "x|invalid value")]
    [InlineData("modhost_pass APP; modhost_shutdown_timeout x;", "x|invalid value")]
    [InlineData("modhost_pass APP; modhost_buffering maybe;", "maybe")]
    [InlineData("modhost_pass APP; modhost_request_buffering maybe;", "maybe")]
    [InlineData("modhost_pass APP; modhost_detailed_errors maybe;", "maybe")]
    [InlineData("modhost_pass APP; modhost_max_request_body lots;", "lots|invalid value")]
    [InlineData("modhost_pass APP; modhost_env ONLY_NAME;", "invalid number of arguments")]
    [InlineData("modhost_pass APP; modhost_env BAD=NAME x;", "BAD=NAME")]
    [InlineData("modhost_pass APP; modhost_restrict_embedded on;", "restrict")]
    [InlineData("modhost_pass APP; modhost_variable ONE $no_such_variable;", "no_such_variable")]
    [InlineData("modhost_unheard_of on;", "unknown directive")]
    [InlineData("modhost_pass TEXT;", "MH01\\d\\d|text\\.dll")]
    [InlineData("modhost_pass NEWER;", "99\\.0\\.0")]
    [InlineData("modhost_pass ARM;", "architecture|machine|arm|AArch64")]
    [InlineData("modhost_pass PLAIN;", "modhost_initialize|export")]
    [InlineData("modhost_pass TRUNCATED;", "MH01\\d\\d")]
    public async Task Refused_with_file_and_line(string directives, string says)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var files = Settings.NewFolder("apps");
        try
        {
            var text = Bad(files, app, directives);
            var (places, code, output) = await Check(places => $"location / {{\n{text}\n}}");
            Assert.True(code != 0, output);
            Assert.Matches(@"\[emerg\].*" + says, output);

            // Variables are looked up when all is read; nginx itself names no line then.
            Assert.Matches(directives.Contains("no_such_variable", StringComparison.Ordinal) ? "unknown" : @"nginx\.conf:\d+", output);
            Directory.Delete(places.Prefix, recursive: true);
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    [Fact]
    public async Task A_dotnet_root_without_dotnet_is_refused()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var places = NginxHost.Prepare(NginxSetup.For(app) with { Http = _ => "modhost_dotnet_root /nowhere;" });
        var (code, output) = await NginxHost.Check(places);
        Assert.NotEqual(0, code);
        Assert.Matches(@"\[emerg\].*MH\d{4}: .*/nowhere.*nginx\.conf:\d+", output);
        Directory.Delete(places.Prefix, recursive: true);
    }

    [Fact]
    public async Task One_variable_with_two_values_in_one_CLR_names_both_lines()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var hello = await AppBuild.Of("Hello", AppRuntime.Jit);
        var (places, code, output) = await Check(_ =>
            $"location /a {{ modhost_pass {app}; modhost_env SAME one; }}\nlocation /b {{ modhost_pass {hello}; modhost_env SAME two; }}");
        Assert.NotEqual(0, code);
        Assert.Matches(@"SAME", output);
        Assert.Contains("process_group", output, StringComparison.Ordinal);
        var lines = System.Text.RegularExpressions.Regex.Matches(output, @"nginx\.conf:(\d+)").Select(match => match.Groups[1].Value).Distinct();
        Assert.True(lines.Count() >= 2, output);
        Directory.Delete(places.Prefix, recursive: true);
    }

    [Fact]
    public async Task A_good_configuration_passes_without_side_effects()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var life = Path.Combine(Settings.NewFolder("life"), "life");
        var (places, code, output) = await Check(_ => $"location / {{ modhost_pass {app}; modhost_env PROBE_LIFE_FILE {life}; }}");
        Assert.True(code == 0, output);
        Assert.Contains("test is successful", output, StringComparison.Ordinal);

        // No runtime was started: the app's Main would have written here.
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(life)!));
        Assert.DoesNotContain("MH", output, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(life)!, recursive: true);
        Directory.Delete(places.Prefix, recursive: true);
    }

    [SkippableFact]
    public async Task Checking_opens_no_application_as_a_library()
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "strace is not installed");
        var app = await AppBuild.Of("Probe", AppRuntime.Aot);
        var places = NginxHost.Prepare(NginxSetup.For(app));
        var trace = Path.Combine(places.Prefix, "trace");
        await Child.Run("/usr/bin/strace", ["-f", "-o", trace, "-e", "trace=mmap,clone,clone3,execve",
            Settings.Nginx, "-t", "-p", places.Prefix, "-c", places.Configuration]);
        var calls = File.ReadAllText(trace);
        Assert.DoesNotContain("clone", calls, StringComparison.Ordinal);
        Directory.Delete(places.Prefix, recursive: true);
    }

    private static async Task<(NginxPlaces Places, int Code, string Output)> Check(Func<NginxPlaces, string> server)
    {
        var places = NginxHost.Prepare(new NginxSetup { OwnGroups = true, Server = server });
        var (code, output) = await NginxHost.Check(places);
        return (places, code, output);
    }

    /// <summary>Puts files in place of the names in capitals.</summary>
    private static string Bad(string folder, string app, string directives)
    {
        var text = Path.Combine(folder, "text.dll");
        File.WriteAllText(text, "not an assembly");
        var newer = Path.Combine(folder, "newer.dll");
        File.Copy(app, newer);
        File.WriteAllText(Path.Combine(folder, "newer.runtimeconfig.json"), Framework);
        var library = File.ReadAllBytes("/lib/x86_64-linux-gnu/libc.so.6");
        var plain = Path.Combine(folder, "plain.so");
        File.WriteAllBytes(plain, library);
        var truncated = Path.Combine(folder, "truncated.so");
        File.WriteAllBytes(truncated, library[..300]);

        // e_machine: 183 is AArch64.
        library[18] = 183;
        var arm = Path.Combine(folder, "arm.so");
        File.WriteAllBytes(arm, library);
        return directives.Replace("APP", app, StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal)
            .Replace("NEWER", newer, StringComparison.Ordinal).Replace("ARM", arm, StringComparison.Ordinal)
            .Replace("PLAIN", plain, StringComparison.Ordinal).Replace("TRUNCATED", truncated, StringComparison.Ordinal);
    }
}
