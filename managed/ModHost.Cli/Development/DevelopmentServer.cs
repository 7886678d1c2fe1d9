using System.CommandLine;
using ModHost.Cli.Applications;
using ModHost.Cli.CommandLine;
using ModHost.Cli.Configuration;
using ModHost.Cli.Control;
using ModHost.Cli.Running;
using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;
using ModHost.Development;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Development;

/// <summary>
/// A project under a real web server, built anew when its sources change. The web server stays; workers are swapped as
/// in any rolling restart: the old version ends what it has, and what arrives after a change waits for the new one.
/// </summary>
internal sealed class DevelopmentServer(ServerOptions options, DevelopmentOptions own, ParseResult result)
{
    private const string EnvironmentName = "ASPNETCORE_ENVIRONMENT";

    private const int DefaultPort = 8080;
    private const int DefaultInterval = 100;
    private const int Pause = 50;

    private static readonly string[] s_guards = ["auth_request", "error_page", "satisfy"];

    private readonly Screen _screen = new();

    public int Run(string typed)
    {
        var project = Project.Find(typed) ?? throw CommandException.Wrong(
            $"there is no project in {typed}; name a folder with a .csproj, or start-server for what was published");
        options.Check(result, result.GetValue(own.DevCertificate));
        var server = WebServerChoice.Make(WebServerChoice.Nginx, Installation.Own());
        var identity = ServerIdentity.Choose(null, null, project.File);
        CheckPorts();
        var directory = StateDirectory.Create(identity?.Account);
        using var guard = Guard.Start(directory.Path);
        try
        {
            var gate = new Gate(Path.Combine(directory.Path, "building"));
            using var watch = result.GetValue(own.NoReload) ? null : new ProjectWatch(project, result.GetValue(own.Watch) ?? [],
                TimeSpan.FromMilliseconds(result.GetValue(own.Interval) ?? DefaultInterval), gate.Close);
            var build = new ProjectBuild(project, Path.Combine(directory.Path, "builds"), guard, watch);
            return First(build, project, watch) is { } folder
                ? Serve(server, directory, guard, identity, new Cycle(project, build, watch, gate, folder)) : ExitCode.Success;
        }
        finally
        {
            directory.Remove();
        }
    }

    // Until there is something to serve. Null: Ctrl-C came before.
    private string? First(ProjectBuild build, Project project, ProjectWatch? watch)
    {
        using var stop = new ManualResetEventSlim();
        using var signals = new StopSignals(() =>
        {
            build.Stop();
            stop.Set();
        });
        while (!stop.IsSet)
        {
            Tell($"Building {project.Name} …");
            var built = build.Run(projectChanged: true);
            if (built.Folder is { } folder)
            {
                return folder;
            }

            if (build.IsStopped)
            {
                break;
            }

            Show(built);
            if (watch is null)
            {
                throw new CommandException($"{project.Name} does not build; correct what the lines above say");
            }

            Tell("Waiting for a change.");
            while (!stop.IsSet && watch.TakeChange() is null)
            {
                stop.Wait(Pause);
            }
        }

        return null;
    }

    private int Serve(WebServer server, StateDirectory directory, Guard guard, ServerIdentity? identity, Cycle cycle)
    {
        var socket = Path.Combine(directory.Path, "dev.sock");
        var waits = cycle.Watch is not null && server.Asks && !HasGuards(result.GetValue(options.IncludeFile) ?? []);
        var development = new DevelopmentPlan(socket, Path.Combine(directory.Path, "build-failed"),
            !result.GetValue(own.NoBrowserRefresh), result.GetValue(own.Debug), waits ? cycle.Gate.File : null);
        using var pages = new DevelopmentPages(socket, development.ErrorFile, cycle.Gate);
        var plan = Plan(server, directory, identity, cycle, development);
        var configuration = directory.Write(server.Writer.FileName, server.Writer.Whole(plan));
        ConfigurationCheck.Run(server, directory.Path, configuration);
        using var running = new ForegroundServer(server, directory, configuration, guard, _screen,
            options.Patience(result), result.GetValue(options.LogLevel) is not null)
        {
            RequestLimit = TimeSpan.FromMilliseconds(OptionText.Time(plan.Timeouts.Graceful!)),
        };
        using var signals = new StopSignals(() =>
        {
            cycle.Build.Stop();
            pages.End();
            running.Stop();
        });
        using var swap = new Swap(directory, plan.Group!, pages, running.Hurry);
        running.Tick += () => Step(cycle, swap, running, pages, plan);
        running.ErrorLine += line => LookForRefusal(line, swap, pages);
        try
        {
            return running.Run();
        }
        finally
        {
            cycle.End();
        }
    }

    // A location that asks before it passes requests on replaces what is asked, and shown, for the whole server.
    private static bool HasGuards(IEnumerable<string> includes) => includes.Select(File.ReadAllText)
        .Any(text => s_guards.Any(directive => text.Contains(directive, StringComparison.Ordinal)));

    // The loop: what has changed, been built, or become ready.
    private void Step(Cycle cycle, Swap swap, ForegroundServer running, DevelopmentPages pages, ServerPlan plan)
    {
        if (swap.TakeNews() is { } news)
        {
            Tell(news == Swap.First ? $"Serving {cycle.Project.Name} at {string.Join(" and ", plan.Urls)}. Ctrl-C stops it." : news);
            if (news == Swap.First && result.GetValue(own.Open))
            {
                Open(plan.Urls.First());
            }
        }

        if (swap.TakeReady())
        {
            cycle.Serves();
        }

        if (cycle.TakeResult() is { } built)
        {
            if (built.Folder is { } folder)
            {
                pages.BuildSucceeded();
                Take(folder, built.Took, cycle, swap, running, pages);
            }
            else
            {
                Show(built);
                pages.ShowBuildErrors(built.Errors);
            }
        }

        if (cycle.StartBuild(running.Hurry) is { } name)
        {
            Tell($"{name} has changed: building {cycle.Project.Name} …");
        }

        if (cycle.Gate.Open(() => cycle.IsIdle && !swap.IsAwaited))
        {
            _screen.Warn("There was no end of changes and builds for a minute, and requests no longer wait for it. "
                + "Does a build, or the application, write what builds read?");
        }
    }

    private void Take(string folder, TimeSpan took, Cycle cycle, Swap swap, ForegroundServer running, DevelopmentPages pages)
    {
        try
        {
            cycle.Link(folder);
            swap.Expect(folder, took);
            running.Reload();
        }
        catch (Exception exception) when (exception is IOException or PosixException)
        {
            var failed = new BuildResult(null, [exception.Message], took);
            Show(failed);
            pages.ShowBuildErrors(failed.Errors);
        }
    }

    private ServerPlan Plan(WebServer server, StateDirectory directory, ServerIdentity? identity, Cycle cycle,
        DevelopmentPlan development)
    {
        cycle.Current = Path.Combine(directory.Path, "current");
        cycle.Link(cycle.Folder);
        var app = Application.Find(cycle.Current);
        var places = new ServerPlaces(server.Module, directory.Run, directory.State)
        {
            Folder = directory.Path,
            OpenFiles = OpenFiles.Limit,
            ServerVersion = server.Version,
            Managed = ManagedPart.For(Installation.Own(), directory, identity),
        };
        var plan = options.Plan(result, app, server, places);
        plan = plan with
        {
            Port = plan.Port ?? DefaultPort,
            User = identity?.Account.Name,
            UserGroup = identity?.Group,
            Group = plan.Identifier,
            Workers = "1",
            Processes = "1",
            DocumentRoot = null,
            // For this machine alone: errors show sources.
            DetailedErrors = plan.Hosts.All(ListenAddress.IsLoopback),
            Development = development,
            Environment = [.. plan.Environment, new NameValue(LocalHosts.Variable, string.Join(' ', plan.ServerNames.Prepend("localhost"))),
                .. plan.Environment.Any(variable => variable.Name == EnvironmentName) ? Array.Empty<NameValue>()
                    : [new NameValue(EnvironmentName, "Development")]],
            Timeouts = Patient(plan.Timeouts with { Graceful = plan.Timeouts.Graceful ?? "5s" }, development.Debug),
        };
        plan = ProjectSurroundings.Around(plan, cycle.Project, directory, identity);
        if (result.GetValue(own.DevCertificate))
        {
            var (certificate, key) = DevelopmentCertificate.Write(directory, plan.ServerNames);
            plan = plan with { Certificate = certificate, Key = key };
        }

        return ServerOptions.Fitting(plan, server);
    }

    // Who looks at a program with a debugger has time.
    private static Timeouts Patient(Timeouts timeouts, bool debug) => !debug ? timeouts : timeouts with
    {
        Startup = timeouts.Startup ?? "0",
        Queue = "1h",
        Shutdown = "2s",
    };

    // A browser that is a program of its own may run as long as it likes.
    private static void Open(string url)
    {
        if (Programs.Find("BROWSER", "xdg-open") is { } browser)
        {
            _ = Task.Run(() => Programs.Output(browser, [url]));
        }
    }

    // What the web server says of a configuration that it does not take: the version before it goes on.
    private static void LookForRefusal(string line, Swap swap, DevelopmentPages pages)
    {
        const string Level = " [emerg] ";
        const int Time = 19;
        if (line.Length > Time && line.AsSpan(Time).StartsWith(Level, StringComparison.Ordinal))
        {
            // "123#0: modhost: MH0101: …"
            var text = line[(Time + Level.Length)..];
            pages.ShowStartError(text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..], olderServes: true);
            swap.Forget();
        }
    }

    private void Show(BuildResult built)
    {
        foreach (var error in built.Errors)
        {
            _screen.Write(_screen.Colours ? $"{Paint.Red}{error}{Paint.Off}" : error);
        }

        _screen.Warn("The build failed; what was there before goes on.");
    }

    private void Tell(string text)
    {
        if (!result.GetValue(own.Quiet))
        {
            _screen.Say(text);
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
}
