using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Options;

/// <summary>Each option by itself: what it puts into a configuration, which the web server's own check then accepts.</summary>
public sealed class ServerOptionTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("options");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task Start_server_writes_what_each_option_says_and_the_web_server_accepts_it(string server)
    {
        var rows = Rows();
        var app = await App();

        await Check(rows.Possible, server, options => Started(app, ["--server", server, .. options]));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task Setup_server_writes_what_each_option_says(string server)
    {
        var rows = Rows();
        var app = await App();

        await Check(rows.Possible.Where(row => row.InSites), server, options => SetUp(app, ["--server", server, .. options]));
    }

    /// <summary>Commands and options that these tests see an effect of.</summary>
    internal static IEnumerable<(string Command, string Option)> Seen => new OptionRows("/").All.SelectMany(row =>
        ((string[])["start-server", .. row.InSites ? (string[])["setup-server"] : []]).Select(command => (command, row.Option)));

    private OptionRows Rows()
    {
        var rows = new OptionRows(_folder);
        rows.Make();
        return rows;
    }

    // With static files, which two of the options are about.
    private async Task<string> App()
    {
        var folder = Path.Combine(_folder, "app");
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await Child.Run("cp", ["-r", Path.GetDirectoryName(app)!, folder]);
        Directory.CreateDirectory(Path.Combine(folder, "wwwroot"));
        return folder;
    }

    private static async Task Check(IEnumerable<OptionRow> rows, string server, Func<string[], Task<string>> write)
    {
        var plain = new Dictionary<string, string>();
        foreach (var row in rows)
        {
            var needs = string.Join(' ', row.Needs);
            plain.TryAdd(needs, "");
            if (plain[needs].Length == 0)
            {
                plain[needs] = await write(row.Needs);
            }

            var with = await write([.. row.Needs, .. row.Typed]);
            var (there, not) = row.TakesAway ? (plain[needs], with) : (with, plain[needs]);
            var text = server == "nginx" ? row.Nginx : row.Apache;
            Assert.True(there.Contains(text, StringComparison.Ordinal), $"{row}: there is no '{text}' in\n{there}");
            Assert.False(not.Contains(text, StringComparison.Ordinal), $"{row}: '{text}' is there in any case:\n{not}");
        }
    }

    private static async Task<string> Started(string app, string[] options)
    {
        string[] port = options.Contains("--port") ? [] : ["--port", $"{FreePort.Next()}"];
        var folder = RunningCommand.NewFolder();
        try
        {
            var (code, output) = await Child.TryRun(RunningCommand.Program, ["start-server", app, "--setup-only", .. port, .. options],
                folder, RunningCommand.Environment(folder));
            Assert.True(code == 0, $"{string.Join(' ', options)}: {output}");
            return await File.ReadAllTextAsync(output.Trim().Split('\n')[^1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> SetUp(string app, string[] options)
    {
        var target = Path.Combine(_folder, "target");
        var (code, output) = await RunningCommand.Run(["setup-server", app, "--target", target, "--name", "shop", .. options]);
        Assert.True(code == 0, $"{string.Join(' ', options)}: {output}");
        var text = await File.ReadAllTextAsync(Path.Combine(target, "shop.conf"));
        Directory.Delete(target, recursive: true);
        return text;
    }
}
