using System.CommandLine;
using ModHost.Cli.Applications;
using ModHost.Cli.CommandLine;
using ModHost.Cli.Configuration;
using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Running;

/// <summary>From an application to a web server that has served it, and nothing left behind.</summary>
internal sealed class StartServer(ServerOptions options, StartOptions own, ParseResult result)
{
    private const int DefaultPort = 8080;

    // For the web server itself, after requests and applications have ended.
    private static readonly TimeSpan s_more = TimeSpan.FromSeconds(5);

    private readonly Screen _screen = new();

    public int Run(string typed)
    {
        options.Check(result, result.GetValue(own.DevCertificate));
        var server = WebServerChoice.Make(result.GetValue(options.Server), Installation.Own());
        var project = Project.Find(typed);
        var published = project is null ? Application.Find(typed) : null;
        var user = result.GetValue(options.User);
        var identity = ServerIdentity.Choose(user, result.GetValue(options.Group), published?.Path ?? project!.File)
            ?.For(server, user, published?.Path);
        var setupOnly = result.GetValue(own.SetupOnly);
        if (!setupOnly)
        {
            CheckPorts();
        }

        var directory = StateDirectory.Create(identity?.Account);
        if (setupOnly)
        {
            return SetUp(server, directory, () => published ?? Publish(project!, directory), identity);
        }

        using var guard = Guard.Start(directory.Path);
        try
        {
            var (plan, configuration) = Write(server, directory, published ?? Publish(project!, directory), identity);
            Warn(plan, identity);
            return Serve(server, directory, configuration, guard, plan);
        }
        finally
        {
            directory.Remove();
        }
    }

    private int SetUp(WebServer server, StateDirectory directory, Func<Application> app, ServerIdentity? identity)
    {
        try
        {
            var (_, configuration) = Write(server, directory, app(), identity);
            Console.Out.WriteLine(configuration);
            return ExitCode.Success;
        }
        catch
        {
            directory.Remove();
            throw;
        }
    }

    private Application Publish(Project project, StateDirectory directory)
    {
        _screen.Say($"Publishing {project.Name} …");
        return project.Publish(Path.Combine(directory.Path, "app"), _screen.Write);
    }

    private (ServerPlan Plan, string Configuration) Write(WebServer server, StateDirectory directory, Application app,
        ServerIdentity? identity)
    {
        var places = new ServerPlaces(server.Module, directory.Run, result.GetValue(own.StateDirectory) ?? directory.State)
        {
            Folder = directory.Path,
            OpenFiles = OpenFiles.Limit,
            ServerVersion = server.Version,
            ServerModules = server.ServerModules,
            Managed = ManagedPart.For(Installation.Own(), directory, identity),
        };
        var plan = options.Plan(result, app, server, places);
        plan = plan with
        {
            Port = plan.Port ?? DefaultPort,
            User = identity?.Account.Name,
            UserGroup = identity?.Group,
            StatusPath = server.StatusPath(),
        };
        if (result.GetValue(own.DevCertificate))
        {
            var (certificate, key) = DevelopmentCertificate.Write(directory, plan.ServerNames);
            plan = plan with { Certificate = certificate, Key = key };
        }

        var configuration = directory.Write(server.Writer.FileName, server.Writer.Whole(plan));
        ConfigurationCheck.Run(server, directory.Path, configuration);
        return (plan, configuration);
    }

    private int Serve(WebServer server, StateDirectory directory, string configuration, Guard guard, ServerPlan plan)
    {
        using var running = new ForegroundServer(server, directory, configuration, guard, _screen,
            options.Patience(result) + s_more, result.GetValue(options.LogLevel) is not null);
        using var signals = new StopSignals(running.Stop);
        using var probe = new ReadyProbe(plan);
        running.Tick += () => Announce(probe, server, plan);
        if (result.GetValue(options.ReloadOnChanges) && plan.Group is null)
        {
            var watch = new FolderWatch(plan.App.Folder);
            running.Tick += () =>
            {
                if (watch.HasChanged())
                {
                    _screen.Say($"{plan.App.Folder} has changed: the application is loaded anew.");
                    running.Reload();
                }
            };
        }

        return running.Run();
    }

    private void Announce(ReadyProbe probe, WebServer server, ServerPlan plan)
    {
        switch (probe.TakeNews())
        {
            case AppReadiness.Ready:
                var mode = plan.Group is null ? ServerOptions.Embedded : ServerOptions.Daemon;
                _screen.Say($"Serving {plan.App.Name} at {string.Join(" and ", plan.Urls)} "
                    + $"({server.Name} {server.Version}, {mode}). Ctrl-C stops it.");
                break;
            case AppReadiness.Failed:
                _screen.Warn($"{plan.App.Name} does not start; the lines above say why. It is tried again. Ctrl-C stops it.");
                break;
            default:
                break;
        }
    }

    private void CheckPorts()
    {
        var hosts = result.GetValue(options.Host) is { Length: > 0 } typed ? typed : ["localhost"];
        PortCheck.Run(hosts, result.GetValue(options.Port) ?? DefaultPort, options.Port.Name);
        if (result.GetValue(options.HttpsPort) is { } secure)
        {
            PortCheck.Run(hosts, secure, options.HttpsPort.Name);
        }
    }

    private void Warn(ServerPlan plan, ServerIdentity? identity)
    {
        if (identity is { Account.User: 0 })
        {
            _screen.Warn($"{plan.App.Name} runs as root, to whom its files belong; --user names another.");
        }
    }
}
