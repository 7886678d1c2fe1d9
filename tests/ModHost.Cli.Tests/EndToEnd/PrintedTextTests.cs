using System.Reflection;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>What the command prints for others: shells and web servers take it as it is.</summary>
public sealed class PrintedTextTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("printed");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_version_is_that_of_the_build()
    {
        var version = typeof(Entry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

        Assert.Equal((ExitCode.Success, $"{version}\n"), await RunningCommand.Run("--version"));
    }

    [Theory]
    [InlineData("modhost st", "start-server status stop")]
    [InlineData("modhost start-server --ser", "--server --server-name")]
    [InlineData("modhost module-config a", "apache")]
    public async Task Bash_completes_what_was_typed(string typed, string completed)
    {
        const string Script = """
            eval "$(modhost completion bash)"
            complete -p modhost | grep -q -- '-F _modhost' || exit
            COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1)
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _modhost
            echo "${COMPREPLY[@]}"
            """;
        var environment = new Dictionary<string, string?>
        {
            ["PATH"] = $"{Path.GetDirectoryName(RunningCommand.Program)}:{Environment.GetEnvironmentVariable("PATH")}",
        };

        var (code, output) = await Child.TryRun("bash", ["-c", Script, "bash", typed], _folder, environment);

        Assert.Equal((0, completed), (code, string.Join(' ', output.Trim().Split(' ').Order(StringComparer.Ordinal))));
    }

    [Fact]
    public async Task Nginx_takes_what_loads_the_module()
    {
        var file = await Write($"pid {_folder}/nginx.pid;\nerror_log stderr;\n{await ModuleLines("nginx")}"
            + "events {}\nhttp { modhost_startup_timeout 41s; }\n");

        var (code, output) = await Child.TryRun(Settings.Nginx, ["-t", "-p", _folder, "-c", file, "-e", "stderr"]);

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Apache_takes_what_loads_the_module()
    {
        var file = await Write($"""
            ServerRoot {_folder}
            ServerName localhost
            ErrorLog /dev/null
            Listen 127.0.0.1:{FreePort.Next()}
            <IfModule !mpm_event_module>
                LoadModule mpm_event_module {Settings.ApacheModules}/mod_mpm_event.so
            </IfModule>
            {await ModuleLines("apache")}
            ModHostStartupTimeout 41s

            """);

        var (code, output) = await Child.TryRun(Settings.Apache, ["-t", "-d", _folder, "-f", file]);

        Assert.True(code == 0, output);
    }

    private static async Task<string> ModuleLines(string server)
    {
        var (code, output) = await RunningCommand.Run("module-config", server);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<string> Write(string text)
    {
        var file = Path.Combine(_folder, "server.conf");
        await File.WriteAllTextAsync(file, text);
        return file;
    }
}
