using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Faults;

/// <summary>What <c>nginx -t</c> and <c>apachectl configtest</c> refuse, and that checking does nothing but read.</summary>
[Trait("Set", "core")]
public sealed class ConfigurationTests
{
    private const string Framework = """
        { "runtimeOptions": { "tfm": "net99.0", "frameworks": [ { "name": "Microsoft.NETCore.App", "version": "99.0.0" }, { "name": "Microsoft.AspNetCore.App", "version": "99.0.0" } ] } }
        """;

    [Theory, Trait("Not", "prefork")]
    [InlineData("pass /nowhere/Missing.dll", "Missing\\.dll")]
    [InlineData("pass /nowhere", "/nowhere")]
    [InlineData("pass", "invalid number of arguments|takes|requires|names no|MH02")]
    [InlineData("pass APP nonsense=1", "nonsense")]
    [InlineData("pass APP path_base=shop", "path_base|shop")]
    [InlineData("pass APP; pass APP", "duplicate|twice|already")]
    [InlineData("pass APP; max_concurrency many", "many|invalid number|MH02")]
    [InlineData("pass APP; queue_size -1", "-1|invalid number|MH02")]
    [InlineData("pass APP; queue_timeout soon", "soon|invalid value|MH02")]
    [InlineData("pass APP; request_timeout x", "x|invalid value|MH02")]
    [InlineData("pass APP; startup_timeout x", "x|invalid value|MH02")]
    [InlineData("pass APP; shutdown_timeout x", "x|invalid value|MH02")]
    [InlineData("pass APP; buffering maybe", "maybe")]
    [InlineData("pass APP; request_buffering maybe", "maybe")]
    [InlineData("pass APP; detailed_errors maybe", "maybe")]
    [InlineData("pass APP; max_request_body lots", "lots|invalid value|MH02")]
    [InlineData("pass APP; env ONLY_NAME", "invalid number of arguments|takes|requires")]
    [InlineData("pass APP; env BAD=NAME x", "BAD=NAME")]
    [InlineData("pass APP; restrict_embedded on", "MH0204")]
    [InlineData("unheard_of on", "unknown directive|Invalid command")]
    [InlineData("pass TEXT", "MH01\\d\\d|text\\.dll")]
    [InlineData("pass NEWER", "99\\.0\\.0")]
    [InlineData("pass ARM", "architecture|machine|arm|AArch64")]
    [InlineData("pass PLAIN", "modhost_initialize|export")]
    [InlineData("pass TRUNCATED", "MH01\\d\\d")]
    public async Task Refused_with_file_and_line(string options, string says)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var files = Settings.NewFolder("apps");
        try
        {
            var setup = new ServerSetup { OwnGroups = true, Places = [new("/", Bad(files, app, options)) { InSection = true }] };
            await ServerHost.Refuses(setup, says);
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    [Fact, Trait("Server", "nginx")]
    public async Task What_only_nginx_has()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await ServerHost.Refuses(Setup($"pass {app}; dispatch sometimes"), "sometimes");

        // Variables are looked up when all is read; nginx itself names no line then.
        var (code, output) = await ServerHost.Check(Setup($"pass {app}; variable ONE $no_such_variable"));
        Assert.NotEqual(0, code);
        Assert.Matches(@"\[emerg\].*unknown.*no_such_variable", output);
    }

    [Theory, Trait("Server", "apache")]
    [InlineData("ModHostVariable ONE %{no_such:thing", "ModHostVariable")]
    [InlineData("ModHostVariable ONE", "takes")]
    [InlineData("ModHostDispatch", "ModHostDispatch")]
    [InlineData("ModHostPass APP process_group=shop", "MH0222: .*shop")]
    public async Task What_only_Apache_has(string directive, string says)
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await ServerHost.Refuses(new ServerSetup
        {
            OwnGroups = true,
            Places = [new("/", "") { Apache = directive.Replace("APP", app, StringComparison.Ordinal) }],
        }, says);
    }

    [SkippableFact, Trait("Server", "apache")]
    public async Task Embedded_mode_under_prefork_is_refused_with_the_reason()
    {
        Skip.If(Settings.Server != ServerKind.ApachePrefork, "Prefork is tested in a run of its own.");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await ServerHost.Refuses(Setup($"pass {app}"), "MH02\\d\\d: .*prefork");
    }

    [Fact]
    public async Task A_dotnet_root_without_dotnet_is_refused()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await ServerHost.Refuses(ServerSetup.For(app) with { Options = "dotnet_root /nowhere" }, @"MH\d{4}: .*/nowhere");
    }

    [Fact, Trait("Not", "prefork")]
    public async Task One_variable_with_two_values_in_one_CLR_names_both_lines()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var hello = await AppBuild.Of("Hello", AppRuntime.Jit);
        var output = await ServerHost.Refuses(new ServerSetup
        {
            OwnGroups = true,
            Places = [new("/a", $"pass {app}; env SAME one"), new("/b", $"pass {hello}; env SAME two")],
        }, "SAME");
        Assert.Matches("process[_-]group", output);
        var lines = Regex.Matches(output, WebServer.Tested.Line).Select(match => match.Groups[1].Value).Distinct();
        Assert.True(lines.Count() >= 2, output);
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_good_configuration_passes_without_side_effects()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        var life = Path.Combine(Settings.NewFolder("life"), "life");
        var (code, output) = await ServerHost.Check(Setup($"pass {app}; env PROBE_LIFE_FILE {life}"));
        Assert.True(code == 0, output);
        Assert.Matches("test is successful|Syntax OK", output);

        // No runtime was started: the app's Main would have written here.
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(life)!));
        Assert.DoesNotContain("MH", output, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(life)!, recursive: true);
    }

    [SkippableFact, Trait("Not", "prefork")]
    public async Task Checking_opens_no_application_as_a_library()
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "strace is not installed");
        var app = await AppBuild.Of("Probe", AppRuntime.Aot);
        var places = ServerHost.Prepare(Setup($"pass {app}"));
        var trace = Path.Combine(places.Prefix, "trace");
        await Child.Run("/usr/bin/strace", ["-f", "-o", trace, "-y", "-e", "trace=mmap,clone,clone3,execve",
            WebServer.Tested.Program, .. WebServer.Tested.Check(places)]);
        var calls = File.ReadAllText(trace);
        Assert.DoesNotContain("clone", calls, StringComparison.Ordinal);
        Assert.DoesNotMatch($@"PROT_EXEC.*{Regex.Escape(app)}>", calls);
        Assert.Matches($@"PROT_EXEC.*{Regex.Escape(Settings.Server == ServerKind.Nginx ? Settings.NginxModule : Settings.ApacheModule)}>", calls);
        Directory.Delete(places.Prefix, recursive: true);
    }

    // Embedded, in whatever mode the tests run.
    private static ServerSetup Setup(string options) => new() { OwnGroups = true, Places = [new("/", options)] };

    /// <summary>Puts files in place of the names in capitals.</summary>
    private static string Bad(string folder, string app, string options)
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
        return options.Replace("APP", app, StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal)
            .Replace("NEWER", newer, StringComparison.Ordinal).Replace("ARM", arm, StringComparison.Ordinal)
            .Replace("PLAIN", plain, StringComparison.Ordinal).Replace("TRUNCATED", truncated, StringComparison.Ordinal);
    }
}
