using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ModHost.Cli.Tests.Options;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary><c>modhost check</c>, with real web servers.</summary>
public class CheckCommandTests
{
    private static readonly UnixFileMode s_private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [InlineData("nginx", "")]
    [InlineData("nginx", "shop")]
    [InlineData("apache", "")]
    [InlineData("apache", "shop")]
    public async Task A_good_configuration_has_nothing_but_good_findings(string server, string group)
    {
        using var configuration = InGroup(server, group.Length == 0 ? "" : $"{group} {User("nobody")}");
        var app = await CopyOf("Hello", configuration);

        var (code, output) = await configuration.Check(app);

        Assert.True(code == ExitCode.Success, output);
        Assert.All(output.Trim().Split('\n'), line => Assert.StartsWith("ok       ", line, StringComparison.Ordinal));
        Assert.DoesNotMatch(RunningCommand.Escape(), output);
        Assert.Contains($"application: {app}, as ", output, StringComparison.Ordinal);
        Assert.Contains(group.Length == 0 ? $"in {server}'s own processes" : $"in process group {group}", output, StringComparison.Ordinal);
        Assert.Contains($"ports: 127.0.0.1:{configuration.Port} is free", output, StringComparison.Ordinal);
        Assert.Equal(group.Length > 0, output.Contains($"run directory: {configuration.Folder}/run will be made", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nginx", "unknown directive \"modhost_nonsense\"", "modhost_nonsense on")]
    [InlineData("apache", "Invalid command 'ModHostNonsense'", "ModHostNonsense on")]
    public async Task A_configuration_that_is_refused_is_told_with_the_servers_reason(string server, string reason, string line)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        using var configuration = new CheckedServer(server) { More = line };

        Expect(await configuration.Check(app), ExitCode.Failed, "error    configuration: ", reason, "→ load the module: modhost module-config");
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task An_application_that_is_not_there_is_missed(string server)
    {
        using var configuration = new CheckedServer(server);

        Expect(await configuration.Check("/nowhere/Shop.dll"), ExitCode.Failed,
            "error    configuration: MH0101: \"/nowhere/Shop.dll\"", "→ deploy it there (dotnet publish -o FOLDER), or correct the path");
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task A_framework_that_is_not_there_is_named_as_its_package(string server)
    {
        using var configuration = new CheckedServer(server);
        var app = await CopyOf("Hello", configuration);
        var settings = Path.ChangeExtension(app, ".runtimeconfig.json");
        var text = await File.ReadAllTextAsync(settings);
        await File.WriteAllTextAsync(settings, text.Replace("\"version\": \"10.0.", "\"version\": \"77.0.", StringComparison.Ordinal));

        Expect(await configuration.Check(app), ExitCode.Failed, "error    configuration: MH0107: ", "→ apt-get install ", "-runtime-77.0");
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task Libraries_of_something_else_are_told_by_what_they_lack(string server)
    {
        using var configuration = new CheckedServer(server);
        var library = Path.Combine(configuration.Folder, "Shop.so");
        File.Copy(Settings.NginxModule, library);
        Expect(await configuration.Check(library), ExitCode.Failed, "MH0109", "→ dotnet add package ModHost.AspNetCore, then dotnet publish -r linux-");

        // The machine that an ELF file is for, which is none that there is.
        const int Machine = 18;
        using (var file = File.OpenWrite(library))
        {
            file.Position = Machine;
            file.Write([0xef, 0xbe]);
        }

        Expect(await configuration.Check(library), ExitCode.Failed, "MH0108", "→ dotnet publish -r linux-");
    }

    [SkippableTheory]
    [InlineData("nginx", "process_group=shop")]
    [InlineData("nginx", "")]
    [InlineData("apache", "process_group=shop")]
    [InlineData("apache", "")]
    public async Task Who_runs_an_application_has_to_be_able_to_read_it(string server, string parameters)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root has applications that others run.");
        using var configuration = new CheckedServer(server) { Group = parameters.Length > 0 ? "shop user=nobody" : "", Parameters = parameters };
        var app = await CopyOf("Hello", configuration);
        var folder = Path.GetDirectoryName(app)!;
        File.SetUnixFileMode(folder, s_private);

        Expect(await configuration.Check(app), ExitCode.Failed,
            $"error    permissions: nobody cannot read {app}, because of {folder}", $"→ chmod o+rx {folder}");
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ed);
        Assert.Equal(ExitCode.Success, (await configuration.Check(app)).Code);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task A_port_that_somebody_has_is_not_free(string server)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        using var configuration = new CheckedServer(server);
        using var listener = new TcpListener(IPAddress.Loopback, configuration.Port);
        listener.Start();

        Expect(await configuration.Check(app), ExitCode.Failed, $"error    ports: 127.0.0.1:{configuration.Port} is in use", "→ stop what has it");
    }

    [Theory]
    [InlineData("nginx", "modhost_run_directory")]
    [InlineData("apache", "ModHostRunDirectory")]
    public async Task A_run_directory_has_to_be_short_and_nobody_elses(string server, string directive)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        using var tooLong = InGroup(server, $"shop {User("nobody")}", new string('a', 60));
        Expect(await tooLong.Check(app), ExitCode.Failed, "error    configuration: MH0231", "is longer than", $"→ set {directive}");

        using var open = InGroup(server, $"shop {User("nobody")}");
        var folder = Path.Combine(open.Folder, "run");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
        Expect(await open.Check(app), ExitCode.Failed, "error    configuration: MH0231", $"→ chown root {folder} && chmod 755 {folder}, or set {directive}");
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task A_group_that_nobody_uses_is_a_warning_and_no_error(string server)
    {
        using var configuration = new CheckedServer(server) { Group = "idle" };
        var app = await CopyOf("Hello", configuration);

        Expect(await configuration.Check(app), ExitCode.Success, "warning  process group: MH0237: idle runs nothing", "→ remove it");
    }

    [Theory]
    [InlineData("nginx", "apache2/modules/mod_modhost.so", "nginx/modules/ngx_http_modhost_module.so")]
    [InlineData("apache", "nginx/modules/ngx_http_modhost_module.so", "apache2/modules/mod_modhost.so")]
    public async Task A_module_has_to_fit_the_web_server_and_all_parts_each_other(string server, string other, string module)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        using var tree = new CheckedServer(server);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(tree.Folder, "lib", module))!);
        File.CreateSymbolicLink(Path.Combine(tree.Folder, "bin"), Path.Combine(Settings.Dist, "bin"));
        File.CreateSymbolicLink(Path.Combine(tree.Folder, "lib", "modhost"), Path.Combine(Settings.Dist, "lib", "modhost"));

        // Of another server, and with the mark of another version.
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Settings.Dist, "lib", other));
        "modhost-version=9"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("modhost-version="u8)));
        await File.WriteAllBytesAsync(Path.Combine(tree.Folder, "lib", module), bytes);

        using var configuration = new CheckedServer(server) { Root = tree.Folder };
        Expect(await configuration.Check(app), ExitCode.Failed, "error    module: ", "→ install ModHost's module for this version",
            $"error    version: {tree.Folder}/lib/{module} is 9.", "→ install ModHost again, all of it from one build");
    }

    [Theory]
    [InlineData("CHECKED_ADMIN", "ok       configuration: Apache accepts it", "ok       application: ")]
    [InlineData("ANOTHER", "error    configuration: ", "CHECKED_ADMIN", "→ ")]
    public async Task The_distributions_configuration_of_Apache_is_read_by_its_control_script(string variable, params string[] findings)
    {
        using var configuration = new CheckedServer("apache") { More = "Include ${CHECKED_ADMIN}", Variable = variable };
        var app = await CopyOf("Hello", configuration);

        var (_, output) = await configuration.Check(app);

        Assert.All(findings, text => Assert.True(output.Contains(text, StringComparison.Ordinal), $"no '{text}' in\n{output}"));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    [Effect("check", "--json")]
    [Effect("check", "--server")]
    public async Task As_JSON_each_finding_has_level_subject_text_and_remedy(string server)
    {
        using var configuration = new CheckedServer(server);

        var (code, output) = await configuration.Check("/nowhere/Shop.dll", "--json");

        Assert.Equal(ExitCode.Failed, code);
        using var json = JsonDocument.Parse(output);
        var findings = json.RootElement.EnumerateArray().Select(finding => finding.EnumerateObject()
            .ToDictionary(property => property.Name, property => property.Value.GetString()!)).ToArray();
        Assert.All(findings, finding => Assert.Equal(["level", "subject", "text", "remedy"], finding.Keys));
        Assert.Equal(("ok", "web server", ""), (findings[0]["level"], findings[0]["subject"], findings[0]["remedy"]));
        Assert.StartsWith(server, findings[0]["text"], StringComparison.Ordinal);
        var refused = Assert.Single(findings, finding => finding["level"] == "error");
        Assert.Equal(("configuration", "deploy it there (dotnet publish -o FOLDER), or correct the path"), (refused["subject"], refused["remedy"]));
        Assert.StartsWith("MH0101", refused["text"], StringComparison.Ordinal);
    }

    private static CheckedServer InGroup(string server, string group, string run = "run") => new(server)
    {
        Group = group,
        Parameters = group.Length > 0 ? $"process_group={group.Split(' ')[0]}" : "",
        RunDirectory = run,
    };

    // Only root can choose.
    private static string User(string name) => Environment.IsPrivilegedProcess ? $"user={name}" : "";

    private static void Expect((int Code, string Output) result, int code, params string[] texts)
    {
        Assert.True(result.Code == code, result.Output);
        Assert.All(texts, text => Assert.True(result.Output.Contains(text, StringComparison.Ordinal), $"no '{text}' in\n{result.Output}"));
    }

    // One whose files may be changed, and which everybody can reach.
    private static async Task<string> CopyOf(string name, CheckedServer configuration)
    {
        var folder = Path.Combine(configuration.Folder, "app");
        Directory.CreateDirectory(folder);
        var app = await AppBuild.Of(name, AppRuntime.Jit);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(app)!))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return Path.Combine(folder, Path.GetFileName(app));
    }
}
