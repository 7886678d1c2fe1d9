using ModHost.Abi;
using ModHost.Server.Hosting;

namespace ModHost.Embedded;

/// <summary>Says in the log why the process is about to end, when an application is the reason.</summary>
internal static class ProcessEnd
{
    // The loop writes the log, and it needs a moment for that; after it the runtime aborts the process.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(200);

    public static void Watch()
    {
        AppDomain.CurrentDomain.UnhandledException += static (_, arguments) => Report(
            HostedApp.Current as EmbeddedApp ?? AppRegistry.ThrowerOf(arguments.ExceptionObject as Exception),
            $"{Errors.ThreadDied}: unhandled exception, the worker process ends: {arguments.ExceptionObject}");

        // Not raised when the web server ends the process: it leaves without the runtime's knowledge. It is raised on
        // a thread of the runtime's, which knows nothing of the one that has called Environment.Exit.
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => Report(
            HostedApp.Current as EmbeddedApp,
            $"{Errors.ProcessExit}: {Who()} ends the worker process (exit code {Environment.ExitCode})");
    }

    private static string Who() => HostedApp.Current is not null || AppRegistry.Names() is not { Count: > 1 } names
        ? "the application" : $"one of the applications {string.Join(", ", names)}";

    private static void Report(EmbeddedApp? app, string text)
    {
        WebServer.Log(app?.Number ?? Modhost.MODHOST_NO_APP, Modhost.MODHOST_LOG_CRITICAL, "ModHost.Embedded", text);
        Thread.Sleep(s_moment);
    }
}
