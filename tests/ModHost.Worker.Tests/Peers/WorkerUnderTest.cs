using System.Reflection;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Worker.Tests.Peers;

/// <summary>
/// An unmodified application in a process of its own, with the startup hook; the test is its supervisor.
/// </summary>
internal sealed class WorkerUnderTest : IDisposable
{
    private readonly Descriptor _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;
    private ChildExit? _exit;

    private WorkerUnderTest(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        var (ours, theirs) = UnixSocket.Pair();
        theirs.SetNonBlocking(false);
        Supervisor = new Supervisor(ours);
        using var nothing = new Descriptor(Detach(File.OpenHandle("/dev/null")));
        var (output, outputEnd) = UnixSocket.Pair();
        var (errors, errorsEnd) = UnixSocket.Pair();
        outputEnd.SetNonBlocking(false);
        errorsEnd.SetNonBlocking(false);
        Pid = ChildProcess.Start(
            program, [program, .. arguments], environment, [nothing, outputEnd, errorsEnd, theirs]);
        _process = ChildProcess.Open(Pid);
        theirs.Dispose();
        outputEnd.Dispose();
        errorsEnd.Dispose();
        _output = Task.Run(() => ReadAll(output));
        _errors = Task.Run(() => ReadAll(errors));
    }

    public static string Hook => Path.Combine(
        Metadata("BinFolder"), "ModHost.StartupHook", $"{Metadata("Pivot")}_{Metadata("Framework")}",
        "ModHost.StartupHook.dll");

    public Supervisor Supervisor { get; }

    public int Pid { get; }

    /// <summary>After the end.</summary>
    public string Output => _output.Result;

    /// <summary>After the end.</summary>
    public string Errors => _errors.Result;

    public static string App(string name) =>
        Path.Combine(Metadata("BinFolder"), name, Metadata("Pivot"), name + ".dll");

    public static string Metadata(string key) => typeof(WorkerUnderTest).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

    /// <summary>Starts it; the test itself says HELLO and configures.</summary>
    public static WorkerUnderTest Launch(string app, params string[] environment)
    {
        var dotnet = Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet"
            ? path
            : Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet");
        string[] all =
        [
            $"PATH={Environment.GetEnvironmentVariable("PATH")}",
            $"HOME={Path.GetTempPath()}",
            .. environment.Any(static one => one.StartsWith("DOTNET_STARTUP_HOOKS=", StringComparison.Ordinal))
                ? Array.Empty<string>() : [$"DOTNET_STARTUP_HOOKS={Hook}"],
            "MODHOST_CONTROL_FD=3",
            .. environment,
        ];
        return new WorkerUnderTest(Path.GetFullPath(dotnet), [app], all);
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public static WorkerUnderTest Start(string app, params string[] environment)
    {
        var worker = Launch(app, environment);
        worker.Supervisor.Greet();
        worker.Supervisor.Configure(Settings(app));
        worker.WaitUntilReady();
        return worker;
    }

    public static Dictionary<string, object> Settings(string app) => new()
    {
        ["name"] = Path.GetFileNameWithoutExtension(app),
        ["path"] = app,
        ["contentRoot"] = Path.GetDirectoryName(app)!,
        ["addresses"] = new[] { "http://0.0.0.0:80" },
        ["group"] = "test",
        ["workerIndex"] = 1,
        ["workerCount"] = 2,
        ["shutdownTimeout"] = 10_000,
        ["maxRequestBody"] = 30_000_000,
        ["maxConcurrency"] = 0,
        ["logLevel"] = 2,
    };

    public void WaitUntilReady()
    {
        Supervisor.Receive(FrameType.Hello);
        Supervisor.ReceiveState(AppState.Starting);
        Supervisor.ReceiveState(AppState.Ready);
    }

    public void Signal(int signal) => ChildProcess.Signal(_process, signal);

    /// <summary>Waits for the end of the process.</summary>
    public ChildExit WaitForExit()
    {
        if (_exit is null)
        {
            Assert.True(UnixSocket.Wait(_process, write: false, 60_000), "the worker does not end");
            _exit = ChildProcess.Wait(_process);
        }

        return _exit!.Value;
    }

    public void Dispose()
    {
        Supervisor.Dispose();
        if (_exit is null && !UnixSocket.Wait(_process, write: false, 15_000))
        {
            ChildProcess.Signal(_process, 9);
            WaitForExit();
            Assert.Fail($"the worker did not end by itself\n{Output}{Errors}");
        }

        WaitForExit();
        _process.Dispose();
    }

    private static int Detach(Microsoft.Win32.SafeHandles.SafeFileHandle handle)
    {
        var number = (int)handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return number;
    }

    private static string ReadAll(Descriptor pipe)
    {
        using (pipe)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (UnixSocket.Wait(pipe, write: false, -1) && UnixSocket.Receive(pipe, buffer) is > 0 and var received)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, received));
            }

            return text.ToString();
        }
    }
}
