using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server.Hosting;
using ModHost.Worker.Connections;

namespace ModHost.Worker;

/// <summary>
/// Makes this process a worker: called before the application's <c>Main</c>, or early in it. From then on the first web
/// host that starts here is served by ModHost.
/// </summary>
public static class WorkerProcess
{
    /// <summary>
    /// The descriptor of the control connection; set for a worker, and removed as soon as it was read.
    /// </summary>
    public const string ControlVariable = "MODHOST_CONTROL_FD";

    /// <summary>What a worker that cannot be set up ends with, as its launcher does.</summary>
    public const int RefusedExitCode = 125;

    private const int ConfigurationTimeout = 30_000;
    private const int FarewellTimeout = 1_000;

    private static int s_started;
    private static Worker? s_worker;
    private static PosixSignalRegistration? s_terminate;
    private static volatile bool s_exits;

    /// <summary>Does nothing where the environment names no control connection.</summary>
    public static void StartFromEnvironment()
    {
        var value = Environment.GetEnvironmentVariable(ControlVariable);
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        Environment.SetEnvironmentVariable(ControlVariable, null);
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
        {
            Refuse($"{ControlVariable} is not a number: {value}");
        }

        Start(descriptor);
    }

    /// <summary>
    /// Takes over the control connection, waits for the configuration, and prepares the process. Ends the process where
    /// that fails. Once; a second call does nothing.
    /// </summary>
    public static void Start(int controlDescriptor)
    {
        if (Interlocked.Exchange(ref s_started, 1) != 0)
        {
            return;
        }

        try
        {
            Prepare(new Descriptor(controlDescriptor));
        }
        catch (FileNotFoundException exception) when (
            exception.FileName?.StartsWith("Microsoft.", StringComparison.Ordinal) == true)
        {
            Refuse($"{Errors.NotWeb}: the application does not use ASP.NET Core: {exception.Message}");
        }
        catch (Exception exception)
        {
            Refuse(exception.Message);
        }
    }

    /// <summary>Runs the application that this NativeAOT library was built from; gives its exit code.</summary>
    internal static int RunProgram()
    {
        var worker = s_worker!;
        try
        {
            var code = Program.Run(worker.App, worker.Path);
            ReportEnd(worker);

            // Environment.Exit on another thread: the supervisor heard of it and had the host stopped in the meantime.
            return s_exits ? Environment.ExitCode : code;
        }
        catch (Exception exception)
        {
            ReportFailure(worker, exception);
            return 1;
        }
        finally
        {
            worker.SayFarewell(FarewellTimeout);
        }
    }

    private static void Prepare(Descriptor socket)
    {
        socket.SetCloseOnExec(true);
        Process.PoolWaiting.SleepAtOnce();
        var loop = new EventLoop("ModHost channels");
        var control = new ControlConnection(loop, socket);
        if (!control.WaitForSettings(ConfigurationTimeout))
        {
            Refuse(control.Problem ?? "the supervisor closed the control connection");
        }

        var settings = control.Settings!;
        var worker = new Worker(settings, loop, control);
        s_worker = worker;
        ModHostWorker.Set(settings.WorkerIndex, settings.WorkerCount);
        if (settings.MinThreads > 0)
        {
            ThreadPool.GetMinThreads(out var threads, out var ports);
            _ = ThreadPool.SetMinThreads(Math.Max(threads, settings.MinThreads), ports);
        }

        Process.StartEnvironment.Enter(settings, RuntimeFeature.IsDynamicCodeSupported);
        worker.App.EnterProcess();
        HostBuildingObserver.Subscribe();
        WatchEnd(worker);
        loop.Add(control);
        loop.Start();
        control.SendState(AppState.Starting);
    }

    private static void WatchEnd(Worker worker)
    {
        AppDomain.CurrentDomain.UnhandledException += (_, arguments) =>
            ReportFailure(worker, arguments.ExceptionObject);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            s_exits = true;
            ReportEnd(worker);
        };

        // Whoever tells the process itself to end, and not the supervisor, wants what the supervisor would do.
        s_terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            worker.Stop();
        });
    }

    /// <summary>The process ends, or a library's Main has returned.</summary>
    private static void ReportEnd(Worker worker)
    {
        var app = worker.App;
        if (app.StopRequested)
        {
            app.MoveTo(AppState.Stopped);
        }
        else if (!app.MoveTo(AppState.Failed, Errors.NoHost,
            $"{app.Name} has ended (exit code {Environment.ExitCode}) and had not started a web host"))
        {
            var ended = app.State == AppState.Stopping ? Errors.MainEnded : Errors.ProcessExit;
            app.MoveTo(AppState.Stopped, ended,
                $"{app.Name} has stopped by itself (exit code {Environment.ExitCode})");
        }

        worker.SayFarewell(FarewellTimeout);
    }

    private static void ReportFailure(Worker worker, object exception)
    {
        var app = worker.App;
        if (!app.MoveTo(AppState.Failed, Errors.StartFailed, $"{app.Name} failed to start: {exception}"))
        {
            const int Critical = 5;
            worker.Log(Critical, $"{Errors.ThreadDied}: unhandled exception, the worker process ends: {exception}");
        }

        worker.SayFarewell(FarewellTimeout);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Refuse(string why)
    {
        Console.Error.WriteLine(why.StartsWith("MH", StringComparison.Ordinal)
            ? why
            : $"{Errors.StartRefused}: the worker cannot start: {why}");
        Environment.Exit(RefusedExitCode);
    }

    /// <summary>The application that a NativeAOT library was built from.</summary>
    private static class Program
    {
        /// <summary>Set by ModHost.AspNetCore's build targets: the assembly whose Main the library runs.</summary>
        private const string AssemblyKey = "ModHost.ApplicationAssembly";

        public static int Run(HostedApp app, string path)
        {
            var name = AppContext.GetData(AssemblyKey) as string ?? throw new InvalidOperationException(
                $"{path} was not built with ModHostLibrary=true: it does not say which assembly to run");
            AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY",
                Path.TrimEndingDirectorySeparator(Path.GetDirectoryName(path)!) + Path.DirectorySeparatorChar);
            var program = Assembly.Load(new AssemblyName(name));
            Assembly.SetEntryAssembly(program);
            var main = program.EntryPoint
                ?? throw new InvalidOperationException($"{app.Name} has no entry point: it is a library");
            object?[] arguments = main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()];
            var result = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
            return result is int code ? code : Environment.ExitCode;
        }
    }
}
