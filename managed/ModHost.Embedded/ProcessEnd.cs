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
        AppDomain.CurrentDomain.UnhandledException += static (_, arguments) =>
            Report(Errors.ThreadDied, $"unhandled exception, the worker process ends: {arguments.ExceptionObject}");

        // Not raised when the web server ends the process: it leaves without the runtime's knowledge.
        AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
            Report(Errors.ProcessExit, $"the application ends the worker process (exit code {Environment.ExitCode})");
    }

    private static void Report(string tag, string text)
    {
        var app = HostedApp.Current as EmbeddedApp;
        WebServer.Log(app?.Number ?? Modhost.MODHOST_NO_APP, Modhost.MODHOST_LOG_CRITICAL, "ModHost.Embedded",
            $"{tag}: {text}");
        Thread.Sleep(s_moment);
    }
}
