using System.Globalization;

namespace ModHost.Cli.Checks;

/// <summary>Whether the service gives a web server the time that stopping takes; see docs/operations.md, systemd.</summary>
internal static class ServiceChecks
{
    private const string Subject = "systemd";
    private const long Shutdown = 10_000;
    private const long Graceful = 30_000;

    // Where a group has no limit, and what the supervisor itself needs beside it.
    private const long MostShutdown = 60_000;
    private const long Grace = 5_000;

    /// <param name="root">Where the system is: /.</param>
    public static IEnumerable<Finding> Of(ServerConfiguration configuration, string root)
    {
        if (!configuration.IsService || configuration.Applications.Count == 0
            || configuration.Units.Select(name => SystemdUnit.Find(root, name)).FirstOrDefault(found => found is not null) is not { } unit)
        {
            return [];
        }

        return ((Finding?[])
        [
            Drain(configuration), StopTime(configuration, unit), Stop(configuration, unit), KillMode(unit),
            Memory(configuration, unit), Folders(configuration, unit),
        ]).OfType<Finding>();
    }

    /// <summary>Milliseconds that a stop takes at most: first requests, then the applications of process groups.</summary>
    public static long Needed(ServerConfiguration configuration)
    {
        var embedded = configuration.Applications.Any(application => application.Group is null)
            ? configuration.EmbeddedStops.Append(Shutdown).Max() : 0;
        var first = Math.Max(configuration.Drain ?? UsualDrain(configuration), embedded);
        return first + (configuration.UsedGroups.Any() ? configuration.UsedGroups.Max(ShutdownOf) + Grace : 0);
    }

    private static long ShutdownOf(DeclaredGroup group) =>
        group.Time("shutdown-timeout", Shutdown) is > 0 and var time ? time : MostShutdown;

    private static long LongestGraceful(ServerConfiguration configuration) =>
        configuration.UsedGroups.Select(group => group.Time("graceful-timeout", Graceful)).DefaultIfEmpty(0).Max();

    private static long UsualDrain(ServerConfiguration configuration) =>
        LongestGraceful(configuration) is > 0 and var time ? time : Graceful;

    private static Finding? Drain(ServerConfiguration configuration)
    {
        var seconds = Seconds(UsualDrain(configuration));
        var (name, remedy) = configuration.IsNginx
            ? ("worker_shutdown_timeout", Invariant($"worker_shutdown_timeout {seconds}s; outside of http"))
            : ("GracefulShutdownTimeout", Invariant($"GracefulShutdownTimeout {seconds} outside of virtual hosts"));
        return configuration.Drain is not null ? null : Finding.Doubt(Subject,
            $"without {name} a WebSocket holds up a stop for as long as it lives", remedy);
    }

    private static Finding StopTime(ServerConfiguration configuration, SystemdUnit unit)
    {
        var (needed, graceful) = (Needed(configuration), LongestGraceful(configuration));
        var gives = Invariant($"{unit.Name} gives {Seconds(unit.StopTime)} s to stop");
        if (unit.StopTime < needed)
        {
            var text = Invariant($"{gives}, {Seconds(needed)} are needed");
            var remedy = DropIn(unit, Invariant($"TimeoutStopSec={Seconds(Math.Max(needed, graceful))}"));
            return configuration.UsedGroups.Any() ? Finding.Bad(Subject, text, remedy) : Finding.Doubt(Subject, text, remedy);
        }

        return unit.StopTime < graceful
            ? Finding.Doubt(Subject, Invariant($"{gives}, and graceful-timeout lets requests go on for {Seconds(graceful)} s"),
                DropIn(unit, Invariant($"TimeoutStopSec={Seconds(graceful + Grace)}")))
            : Finding.Good(Subject, unit.StopTime == long.MaxValue ? $"{unit.Name} may take as long as it likes to stop"
                : Invariant($"{gives}, {Seconds(needed)} are needed"));
    }

    // When the command of ExecStop= returns, which those of both servers do at once or soon, systemd sends its own signal.
    private static Finding? Stop(ServerConfiguration configuration, SystemdUnit unit)
    {
        var signal = configuration.IsNginx ? "QUIT" : "WINCH";
        if (unit["ExecStop"].Length > 0)
        {
            var remedy = DropIn(unit, $"ExecStop=, KillSignal=SIG{signal}");
            return configuration.IsNginx ? Finding.Bad(Subject, $"ExecStop= of {unit.Name} ends nginx before its applications", remedy)
                : Finding.Doubt(Subject, $"ExecStop= of {unit.Name} does not wait, and systemd's own signal then breaks long requests off", remedy);
        }

        return unit["KillSignal"] is var given && (given == signal || given == $"SIG{signal}") ? null
            : Finding.Doubt(Subject, $"{unit.Name} stops {configuration.Server} by a signal that breaks long requests off",
                DropIn(unit, $"KillSignal=SIG{signal}"));
    }

    private static Finding? KillMode(SystemdUnit unit)
    {
        var mode = unit["KillMode"] is { Length: > 0 } given ? given : "control-group";
        var what = mode switch
        {
            "mixed" => null,
            "process" => "lets systemd kill nothing but the main process, and leaves workers behind",
            "none" => "lets systemd end nothing, and leaves the web server and its workers behind where ExecStop= does not end them",
            _ => "ends workers with the web server, and their requests with them",
        };
        return what is null ? null
            : Finding.Bad(Subject, $"KillMode={mode} of {unit.Name} {what}", DropIn(unit, "KillMode=mixed"));
    }

    private static Finding? Memory(ServerConfiguration configuration, SystemdUnit unit) =>
        !configuration.UsedGroups.Any() || unit["OOMPolicy"] == "continue" ? null : Finding.Doubt(Subject,
            $"{unit.Name} stops altogether when the kernel kills one worker for want of memory", DropIn(unit, "OOMPolicy=continue"));

    private static Finding? Folders(ServerConfiguration configuration, SystemdUnit unit) =>
        unit["ProtectSystem"] != "strict" || !configuration.UsedGroups.Any()
            || unit["RuntimeDirectory"].Split(' ').Contains(Path.GetFileName(configuration.RunDirectory))
            || unit["ReadWritePaths"].Length > 0 ? null : Finding.Bad(Subject,
            $"ProtectSystem=strict of {unit.Name} keeps it from writing to {configuration.RunDirectory}",
            DropIn(unit, "RuntimeDirectory=modhost, StateDirectory=modhost"));

    private static string DropIn(SystemdUnit unit, string settings) =>
        $"{settings} below [Service] in a drop-in: systemctl edit {Path.GetFileNameWithoutExtension(unit.Name)}";

    private static long Seconds(long milliseconds) => (milliseconds / 1000) + (milliseconds % 1000 > 0 ? 1 : 0);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
