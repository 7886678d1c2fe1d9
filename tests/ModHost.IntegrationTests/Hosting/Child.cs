using System.Diagnostics;
using System.Text;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>A process that a test started, in a session of its own, with its output kept.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private Child(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts <paramref name="file"/> as the leader of a new session; its pid is the session's number.</summary>
    public static Child Start(string file, IEnumerable<string> arguments, string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        // A shell starts what is in its background with these ignored, which everybody inherits: no Ctrl-C would arrive.
        var info = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,QUIT", "/usr/bin/setsid"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        info.ArgumentList.Add(file);
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        Forget(info, environment);
        var process = new Process { StartInfo = info };
        var child = new Child(process);
        process.OutputDataReceived += child.Keep;
        process.ErrorDataReceived += child.Keep;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a command to its end; throws with its output when it fails.</summary>
    public static async Task<string> Run(string file, IEnumerable<string> arguments, string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? limit = null)
    {
        var (code, output) = await TryRun(file, arguments, folder, environment, limit);
        return code == 0 ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {code}:\n{output}");
    }

    public static async Task<(int Code, string Output)> TryRun(string file, IEnumerable<string> arguments, string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? limit = null)
    {
        await using var child = Start(file, arguments, folder, environment);
        using var deadline = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(10));
        try
        {
            await child._process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end:\n{child.Output}");
        }

        return (child.ExitCode, child.Output);
    }

    public async Task<int> Exited(TimeSpan? limit = null)
    {
        // Not WaitForExitAsync: that waits for the pipes too, which a grandchild may hold.
        await Wait.Until($"process {Id} has ended", () => _process.HasExited, limit);
        return _process.ExitCode;
    }

    /// <summary>Ends whatever is left of the session.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in ProcFs.InSession(Id))
        {
            Signal.TrySend(process.Id, Signal.Kill);
        }

        using var deadline = new CancellationTokenSource(Wait.Limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // A descendant outside the session holds the pipes; the process itself is gone.
        }

        _process.Dispose();
    }

    // What the test runner's environment says of .NET must not reach the programs under test.
    private static void Forget(ProcessStartInfo info, IReadOnlyDictionary<string, string?>? environment)
    {
        foreach (var name in info.Environment.Keys.Where(IsOurs).ToArray())
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            info.Environment[name] = value;
        }
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || name.StartsWith("MODHOST_", StringComparison.Ordinal)
        || name is "DOTNET_ROOT" or "DOTNET_HOST_PATH" or "DOTNET_STARTUP_HOOKS" or "DOTNET_gcServer" or "TESTINGPLATFORM_UI_LANGUAGE";

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            // The end of one of the two.
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
