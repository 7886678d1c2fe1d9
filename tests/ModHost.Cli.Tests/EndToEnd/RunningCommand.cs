using System.Net;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>The installed command, run as a person runs it, with a folder for temporary files of its own.</summary>
internal sealed partial class RunningCommand : IAsyncDisposable
{
    private readonly Child _child;
    private readonly string _folder;

    private RunningCommand(Child child, string folder, int port)
    {
        _child = child;
        _folder = folder;
        Port = port;
    }

    public static string Program => Path.Combine(Settings.Dist, "bin", "modhost");

    public int Port { get; }

    public int Id => _child.Id;

    public string Output => _child.Output;

    public bool HasExited => _child.HasExited;

    /// <summary>State directories that are there now.</summary>
    public IReadOnlyList<string> States => Directory.GetDirectories(_folder, "modhost-*");

    public string State => States.Single();

    /// <summary>Everything that belongs to it, but the command itself: web server, supervisor, workers, guard.</summary>
    public IReadOnlyList<int> Others => [.. ProcFs.All().Where(process => process.State != 'Z' && process.Id != Id
        && (ProcFs.CommandLine(process.Id).Contains(_folder, StringComparison.Ordinal)
            || ProcFs.HasEnvironment(process.Id, "MODHOST_TESTED_BY", _folder)
            // nginx's workers name no folder, and have their title where their environment was.
            || ProcFs.WorkingDirectory(process.Id).StartsWith(_folder, StringComparison.Ordinal))).Select(process => process.Id)];

    /// <summary>Starts <c>modhost start-server</c> at a free port.</summary>
    public static RunningCommand Start(string app, params string[] options) => StartOf(Program, app, options);

    /// <summary>The same, of another installation.</summary>
    public static RunningCommand StartOf(string program, string app, params string[] options)
    {
        var folder = NewFolder();
        var port = FreePort.Next();
        string[] arguments = ["start-server", app, "--host", "127.0.0.1", "--port", $"{port}",
            "--setenv", $"MODHOST_TESTED_BY={folder}", .. options];
        return new RunningCommand(Child.Start(program, arguments, folder, Environment(folder)), folder, port);
    }

    /// <summary>Starts it and waits until it says that it serves.</summary>
    public static async Task<RunningCommand> Serving(string app, params string[] options)
    {
        var command = Start(app, options);
        try
        {
            await command.Says("Serving ");
            return command;
        }
        catch
        {
            await command.DisposeAsync();
            throw;
        }
    }

    /// <summary>Any command, to its end.</summary>
    public static async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        var folder = NewFolder();
        try
        {
            return await Child.TryRun(Program, arguments, folder, Environment(folder), TimeSpan.FromMinutes(3));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public async Task Says(string text)
    {
        try
        {
            await Wait.Until($"the command says '{text}'", () => Output.Contains(text, StringComparison.Ordinal)
                || (HasExited ? throw new InvalidOperationException($"it has ended:\n{Output}") : false),
                TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Output}", error);
        }
    }

    public async Task<string> Get(string path, string scheme = "http", int? port = null)
    {
        using var client = Client();
        using var response = await client.GetAsync(new Uri($"{scheme}://127.0.0.1:{port ?? Port}{path}"));
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync()
            : throw new InvalidOperationException($"{path} was answered {(int)response.StatusCode}:\n{Output}");
    }

    public static HttpClient Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    {
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
        DefaultRequestVersion = HttpVersion.Version11,
    };

    public void Send(int signal) => Signal.Send(Id, signal);

    /// <summary>Its exit code, after which nothing of it is left.</summary>
    public async Task<int> Ended(TimeSpan? limit = null)
    {
        var code = await _child.Exited(limit ?? TimeSpan.FromMinutes(3));
        await NothingIsLeft();
        return code;
    }

    /// <summary>Ctrl-C, and what comes of it.</summary>
    public Task<int> Stop()
    {
        Send(Signal.Int);
        return Ended();
    }

    public async Task NothingIsLeft()
    {
        await Wait.For("no process is left", () => Task.FromResult(string.Join('\n', Others.Select(ProcFs.CommandLine))),
            left => left.Length == 0);
        await Wait.For("no state directory is left", () => Task.FromResult(string.Join('\n', States)), left => left.Length == 0);
        Assert.True(FreePort.IsFree(Port));
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            Signal.TrySend(Id, Signal.Int);
            try
            {
                await _child.Exited(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                // What is left is killed.
            }
        }

        foreach (var left in Others)
        {
            Signal.TrySend(left, Signal.Kill);
        }

        await _child.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // Short: paths of sockets lie below it.
    public static string NewFolder()
    {
        var folder = Path.Combine("/tmp", "mhcli-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ed);
        return folder;
    }

    public static Dictionary<string, string?> Environment(string folder) => new()
    {
        ["TMPDIR"] = folder,
        ["MODHOST_NGINX"] = Settings.Nginx,
        // Builds that the command starts leave no server behind.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
    };

    [GeneratedRegex("\e\\[")]
    public static partial Regex Escape();
}
