using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Probe.Endpoints;

/// <summary>The process that the application shares with its web server.</summary>
internal static class ProcessEndpoints
{
    private static readonly List<PosixSignalRegistration> s_registrations = [];

    public static void MapProcess(this IEndpointRouteBuilder app)
    {
        app.Map("/process/id", context => context.Answer(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        app.Map("/process/worker", context =>
        {
            var configuration = context.RequestServices.GetRequiredService<IConfiguration>();
            return context.Answer($"{configuration["ModHost:WorkerIndex"]}/{configuration["ModHost:WorkerCount"]}");
        });
        app.Map("/process/exit-code", RunShell);
        app.Map("/process/sleeper", context =>
        {
            using var child = Process.Start("sleep", context.Query("s"));
            return context.Answer(child.Id.ToString(CultureInfo.InvariantCulture));
        });
        app.Map("/process/signals", context =>
        {
            Console.CancelKeyPress += (_, _) => Recorder.Add("cancel-key-press");
            foreach (var signal in (PosixSignal[])[
                PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM,
                PosixSignal.SIGCHLD, PosixSignal.SIGCONT, PosixSignal.SIGWINCH, PosixSignal.SIGTTIN,
                PosixSignal.SIGTTOU, PosixSignal.SIGTSTP])
            {
                s_registrations.Add(PosixSignalRegistration.Create(signal, _ => Recorder.Add("signal-" + signal)));
            }

            return context.Answer("registered");
        });
        app.Map("/process/environment", context =>
        {
            var lines = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);
            return context.Answer(string.Join('\n', lines));
        });
        app.Map("/process/places", context =>
        {
            var environment = context.RequestServices.GetRequiredService<IWebHostEnvironment>();
            return context.Answer(
                $"application={environment.ApplicationName}\ncontent={environment.ContentRootPath}\nweb={environment.WebRootPath}\n"
                + $"environment={environment.EnvironmentName}\nbase={AppContext.BaseDirectory}\ncwd={Environment.CurrentDirectory}\n"
                + $"entry={System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name}\n"
                + $"args={string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}\numask={Umask()}\n");
        });
        app.Map("/process/exit", context => Exit(context, code => Environment.Exit(code)));
        app.Map("/process/crash", context => Exit(context, _ =>
            throw new InvalidOperationException("thrown on a thread of the application")));
        app.Map("/process/fail-fast", context => Exit(context, _ => Environment.FailFast("asked to fail fast")));
        app.Map("/process/null-reference", context => context.AnswerOutcome(() =>
        {
            // The runtime turns the processor's signal into an exception; nobody else may take that signal.
            string? nothing = context.Request.Headers["X-Absent"].Count > 100 ? "" : null;
            _ = nothing!.Length;
            return Task.CompletedTask;
        }));
        app.Map("/process/divide-by-zero", context => context.AnswerOutcome(() =>
        {
            _ = 1 / context.Number("zero");
            return Task.CompletedTask;
        }));
        app.Map("/process/stop", context =>
        {
            context.RequestServices.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            return context.Answer("stopping");
        });
    }

    private static async Task RunShell(HttpContext context)
    {
        using var child = Process.Start("/bin/sh", ["-c", $"exit {context.Number("code")}"]);
        await child.WaitForExitAsync();
        await context.Answer(child.ExitCode.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Answers first, then ends the process from a thread of its own.</summary>
    private static async Task Exit(HttpContext context, Action<int> end)
    {
        var code = context.Number("code");
        await context.Answer("ending");
        await context.Response.CompleteAsync();
        new Thread(() => end(code)).Start();
    }

    private static string Umask() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("Umask:", StringComparison.Ordinal)).Select(line => line[6..].Trim()).FirstOrDefault() ?? "?";
}
