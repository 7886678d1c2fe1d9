using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ModHost.Cli.WebServers;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Checks;

/// <summary>Whether a configuration of nginx will do what it says.</summary>
internal static class NginxChecks
{
    /// <param name="configuration">Null: the distribution's.</param>
    /// <param name="root">Where the system is: /.</param>
    public static IEnumerable<Finding> Of(WebServer server, string? configuration, string root)
    {
        string[] named = configuration is null ? [] : ["-c", configuration];
        var (code, text) = Programs.Output(server.Program, [.. named, "-T"]);
        if (code != 0)
        {
            yield return Finding.Bad("configuration", server.Reason(text, ""), "docs/errors.md explains tags (MHnnnn)");
            yield break;
        }

        var directives = NginxDirectives.Read(text);
        var apps = directives.Where(directive => directive.Name == "modhost_pass").ToArray();
        yield return apps.Length > 0
            ? Finding.Good("configuration", $"{server.Name} accepts it; applications: "
                + string.Join(", ", apps.Select(app => app.First).Distinct()))
            : Finding.Doubt("configuration", $"{server.Name} accepts it, and it has no application",
                "say modhost_pass in a location; see docs/directives.md");
        foreach (var finding in Permissions(directives, apps).Concat(Ports(directives, IsRunning(directives)))
            .Concat(configuration is null ? Times(directives, root) : []))
        {
            yield return finding;
        }
    }

    // The master reads an application as root; a worker of an embedded one has to read it as itself.
    private static IEnumerable<Finding> Permissions(IReadOnlyList<NginxDirective> directives, NginxDirective[] apps)
    {
        var user = directives.FirstOrDefault(directive => directive.Name == "user")?.First;
        if (Account.Effective != 0 || user is null || Account.Find(user) is not { User: not 0 } account)
        {
            yield break;
        }

        var grouped = directives.Any(directive => directive.Name == "modhost_process_group" && directive.First != "embedded");
        foreach (var app in apps.Where(app => !grouped
            && !app.Words.Any(word => word.StartsWith("process_group=", StringComparison.Ordinal))).Select(app => app.First).Distinct())
        {
            if (FileAccessCheck.Obstacle(app, account) is { } obstacle)
            {
                yield return Finding.Bad("permissions", $"{user} cannot read {app}, because of {obstacle}",
                    $"chmod o+rX, or chown, {obstacle}");
            }
        }
    }

    private static IEnumerable<Finding> Ports(IReadOnlyList<NginxDirective> directives, bool running)
    {
        if (running)
        {
            yield return Finding.Good("ports", "nginx is running and has them");
            yield break;
        }

        foreach (var port in directives.Where(directive => directive.Name == "listen" && directive.Block is [.., "server"])
            .Select(directive => PortOf(directive.First)).OfType<int>().Distinct())
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var problem = Bind(socket, port);
            yield return problem is null ? Finding.Good("ports", Invariant($"{port} is free"))
                : Finding.Bad("ports", Invariant($"port {port}: {problem}"), "stop who has it, or listen at another");
        }
    }

    private static string? Bind(Socket socket, int port)
    {
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "it is in use" : exception.Message;
        }
    }

    // docs/operations.md, systemd: the unit has to give the time that stopping takes.
    private static IEnumerable<Finding> Times(IReadOnlyList<NginxDirective> directives, string root)
    {
        var groups = directives.Where(directive => directive.Name == "modhost_daemon_process").ToArray();
        if (groups.Length == 0 || SystemdUnit.Find(root, "nginx.service") is not { } unit)
        {
            yield break;
        }

        var drain = directives.FirstOrDefault(directive => directive.Name == "worker_shutdown_timeout")?.First;
        if (drain is null)
        {
            yield return Finding.Doubt("systemd", "without worker_shutdown_timeout a WebSocket holds up a stop for as long as it lives",
                "worker_shutdown_timeout 30s; outside of http");
        }

        var needed = Seconds(drain ?? "30s") + groups.Max(group => Seconds(Key(group, "shutdown-timeout") ?? "10s")) + 5;
        var stops = unit["ExecStop"].Length > 0;
        yield return unit.StopTime.TotalSeconds >= needed && !stops
            ? Finding.Good("systemd", Invariant($"nginx.service gives {unit.StopTime.TotalSeconds:0} s to stop, {needed} are needed"))
            : Finding.Bad("systemd", stops ? "ExecStop= of nginx.service ends nginx before its applications"
                : Invariant($"nginx.service gives {unit.StopTime.TotalSeconds:0} s to stop, {needed} are needed"),
                Invariant($"a drop-in (systemctl edit nginx): ExecStop=, KillSignal=SIGQUIT, TimeoutStopSec={needed}"));
        if (unit["KillMode"] is { Length: > 0 } and not "mixed")
        {
            yield return Finding.Bad("systemd", $"KillMode={unit["KillMode"]} ends workers with nginx, and their requests with them",
                "KillMode=mixed");
        }
    }

    private static bool IsRunning(IReadOnlyList<NginxDirective> directives)
    {
        var file = directives.FirstOrDefault(directive => directive.Name == "pid")?.First ?? "/run/nginx.pid";
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), out var pid)
            && Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"));
    }

    private static int? PortOf(string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            return null;
        }

        var colon = address.LastIndexOf(':');
        var text = colon > address.LastIndexOf(']') ? address[(colon + 1)..] : address;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 80;
    }

    private static string? Key(NginxDirective group, string name) => group.Words
        .Select(word => word.Split('=', 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0].Replace('_', '-') == name)?[1];

    private static long Seconds(string time) => (OptionText.Time(time) + 999) / 1000;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
