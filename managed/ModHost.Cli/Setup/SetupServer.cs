using System.CommandLine;
using ModHost.Cli.Applications;
using ModHost.Cli.CommandLine;
using ModHost.Cli.Configuration;
using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Setup;

/// <summary>Writes a set-up: the same options give the same files, and what somebody has edited stays.</summary>
internal sealed class SetupServer(ServerOptions options, SetupOptions own, ParseResult result)
{
    private const int HttpPort = 80;

    // Beside requests and applications: see docs/operations.md.
    private const int MoreSeconds = 5;

    private readonly Screen _screen = new();

    public int Run(string typed)
    {
        options.Check(result, hasCertificate: false);
        var system = result.GetValue(own.System);
        var target = result.GetValue(own.Target);
        if (system == (target is not null))
        {
            throw CommandException.Wrong(system ? "--target and --system contradict each other"
                : "say where the files go: --target FOLDER, or --system for Debian's places");
        }

        CheckMode();
        if (Project.Find(typed) is not null)
        {
            throw CommandException.Wrong($"{typed} is a project; a server in production runs what was published: "
                + "dotnet publish -c Release -o /srv/NAME");
        }

        var setup = Plan(Application.Find(typed));
        return Carry(setup, system ? "/" : Path.GetFullPath(target!), system);
    }

    // What a process group can do, and start-server by its own means: a site in the distribution's web server cannot.
    private void CheckMode()
    {
        if (options.IsDaemon(result))
        {
            return;
        }

        if (result.GetValue(options.User) is not null)
        {
            throw CommandException.Wrong("--user needs --mode daemon: embedded, an application has the web server's user");
        }

        if (result.GetValue(options.ReloadOnChanges))
        {
            throw CommandException.Wrong(
                "--reload-on-changes needs --mode daemon: embedded, a reload of the web server takes up a new version");
        }
    }

    private SetupPlan Plan(Application app)
    {
        var server = WebServerChoice.Make(result.GetValue(options.Server), Installation.Own());
        if (result.GetValue(options.User) is { } user && Account.Find(user) is null)
        {
            throw CommandException.Wrong($"there is no user {user}; type: adduser --system --group --no-create-home {user}");
        }

        var places = new ServerPlaces(server.Module, null, null) { ServerVersion = server.Version };
        var plan = options.Plan(result, app, server, places);
        var name = result.GetValue(own.SiteName) ?? plan.Identifier;
        var logs = $"/var/log/{(server.Name == WebServerChoice.Nginx ? "nginx" : "apache2")}/{name}";
        plan = plan with
        {
            Hosts = result.GetValue(options.Host) is { Length: > 0 } hosts ? hosts : ["*"],
            Port = plan.Port ?? HttpPort,
            Group = plan.Group is null ? null : name,
            User = result.GetValue(options.User),
            UserGroup = result.GetValue(options.Group),
            Logs = plan.Logs with
            {
                Access = plan.Logs.Access ?? $"{logs}.access.log",
                Error = $"{logs}.error.log",
                Format = result.GetValue(options.LogFormat) ?? "combined",
            },
        };
        return new SetupPlan(name, server, plan, StopSeconds(plan));
    }

    private static int StopSeconds(ServerPlan plan)
    {
        var milliseconds = OptionText.Time(plan.Timeouts.Graceful ?? "30s") + OptionText.Time(plan.Timeouts.Shutdown ?? "10s");
        return (int)((milliseconds + 999) / 1000) + MoreSeconds;
    }

    private int Carry(SetupPlan setup, string root, bool system)
    {
        var dry = result.GetValue(own.DryRun);
        var files = (system ? setup.FilesFor(root) : setup.Files).Select(file => (File: file, Path: Path.Combine(root, system ? file.Place : file.Name)))
            .Select(one => (one.File, one.Path, State: one.File.StateAt(one.Path))).ToArray();
        if (files.FirstOrDefault(one => one.State == FileState.Edited) is { Path: { } edited } && !dry
            && !result.GetValue(own.Force))
        {
            throw new CommandException($"{edited} was edited, and nothing was written; --force overwrites it");
        }

        foreach (var (file, path, state) in files)
        {
            if (dry)
            {
                _screen.Say($"# {path} ({Word(state)})");
                _screen.Write(file.Content);
            }
            else if (state != FileState.Current)
            {
                file.Write(path);
                _screen.Write($"{Word(state)}: {path}");
            }
        }

        if (system && !dry)
        {
            Enable(setup, root);
        }

        if (!dry)
        {
            Next(setup, root, system);
        }

        return ExitCode.Success;
    }

    // As a2ensite and a2enmod do it.
    private static void Enable(SetupPlan setup, string root)
    {
        foreach (var (link, target) in setup.Enabled.Where(one => File.Exists(Path.GetFullPath(one.Target, Path.GetDirectoryName(Path.Combine(root, one.Link))!))))
        {
            var path = Path.Combine(root, link);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path) && new FileInfo(path).LinkTarget is null)
            {
                File.CreateSymbolicLink(path, target);
            }
        }
    }

    private void Next(SetupPlan setup, string root, bool system) => _screen.Say(system
        ? $"Now: systemctl daemon-reload && systemd-tmpfiles --create; {setup.Name}ctl restart"
        : $"{setup.Name}.conf is the site; each file says where it belongs with --system --dry-run. They are in {root}.");

    private static string Word(FileState state) => state switch
    {
        FileState.Missing => "new",
        FileState.Current => "as it is",
        FileState.Outdated => "replaced",
        _ => "edited",
    };
}
