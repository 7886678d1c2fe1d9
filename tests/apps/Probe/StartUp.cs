using System.Globalization;
using Microsoft.AspNetCore.DataProtection;

namespace Probe;

/// <summary>
/// Ways to start and to end, chosen by the environment variable PROBE_START, or by the text of the file that
/// PROBE_START_FILE names, which a test can change from one start to the next.
/// </summary>
internal static class StartUp
{
    private static readonly string s_mode = Environment.GetEnvironmentVariable("PROBE_START") ?? ReadMode();

    /// <summary>What Main returns (PROBE_START=return:n).</summary>
    public static int ExitCode => s_mode.StartsWith("return:", StringComparison.Ordinal) ? Argument : 0;

    /// <summary>Main returns without a host.</summary>
    public static bool ReturnsEarly => s_mode.StartsWith("return", StringComparison.Ordinal);

    private static int Argument => int.Parse(s_mode.AsSpan(s_mode.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);

    private static string ReadMode() =>
        Environment.GetEnvironmentVariable("PROBE_START_FILE") is { } file && File.Exists(file) ? File.ReadAllText(file).Trim() : "";

    public static void BeforeHost()
    {
        if (s_mode == "throw")
        {
            throw new InvalidOperationException("PROBE_START asked for a failure before the host.");
        }

        if (s_mode.StartsWith("exit:", StringComparison.Ordinal))
        {
            Environment.Exit(Argument);
        }

        if (s_mode == "crash")
        {
            Environment.FailFast("PROBE_START asked for a crash.");
        }

        if (s_mode.StartsWith("slow:", StringComparison.Ordinal))
        {
            Thread.Sleep(Argument);
        }

        if (s_mode == "hang")
        {
            Thread.Sleep(Timeout.Infinite);
        }
    }

    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection();
        builder.Services.AddHostedService<CountedService>();
        if (s_mode == "throw-hosted")
        {
            builder.Services.AddHostedService<FailingService>();
        }
    }

    public static void Configure(WebApplication app)
    {
        if (s_mode == "throw-built")
        {
            throw new InvalidOperationException("PROBE_START asked for a failure after the host was built.");
        }

        // Tests learn from these files, one of each process, that a worker was stopped properly.
        var file = Environment.GetEnvironmentVariable("PROBE_LIFE_FILE");
        if (file is not null)
        {
            Note(file, "main");
            app.Lifetime.ApplicationStarted.Register(() => Note(file, "started"));
            app.Lifetime.ApplicationStopping.Register(() => Note(file, "stopping"));
            app.Lifetime.ApplicationStopped.Register(() => Note(file, "stopped"));
        }
    }

    private static void Note(string file, string what)
    {
        lock (s_mode)
        {
            File.AppendAllText(
                string.Create(CultureInfo.InvariantCulture, $"{file}.{Environment.ProcessId}"),
                string.Create(CultureInfo.InvariantCulture, $"{what} {Environment.ProcessId}\n"));
        }
    }

    private sealed class FailingService : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            throw new InvalidOperationException("PROBE_START asked for a failure of a hosted service.");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Shows that hosted services run, and how often.</summary>
    private sealed class CountedService : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            Recorder.Add("hosted-service-starts");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
