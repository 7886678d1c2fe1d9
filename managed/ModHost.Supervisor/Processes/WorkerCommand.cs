using System.Globalization;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Processes;

/// <summary>How the launcher is called for a worker.</summary>
internal sealed class WorkerCommand
{
    private WorkerCommand(string launcher, List<string> arguments, List<string> environment, string? stateDirectory)
    {
        Launcher = launcher;
        Arguments = arguments;
        Environment = environment;
        StateDirectory = stateDirectory;
    }

    public string Launcher { get; }

    /// <summary>With argv[0].</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>NAME=value.</summary>
    public IReadOnlyList<string> Environment { get; }

    public string? StateDirectory { get; }

    /// <summary>What a worker has to do without.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <exception cref="FormatException">Something that is needed is not there.</exception>
    public static WorkerCommand Of(GroupSpec spec, int index)
    {
        var identity = WorkerIdentity.Of(spec);
        var app = spec.Group.App;
        var dotnetRoot = spec.Options.DotnetRoot.Length > 0 ? spec.Options.DotnetRoot : spec.Server.DotnetRoot;
        var state = StateOf(identity, spec, out var warning);
        var home = spec.Options.Home.Length > 0 ? spec.Options.Home
            : state ?? (identity.UserHome.Length > 0 ? identity.UserHome : "/");
        var hook = app.Kind == AppKind.Native ? null : StartupHook.For(spec.Server.ManagedDirectory, app);
        var environment = WorkerEnvironment.Of(spec, identity, hook, home, dotnetRoot);
        var launcher = Path.Combine(spec.Server.ManagedDirectory, "modhost-worker");
        var arguments = new List<string> { launcher };
        AddIdentity(arguments, identity);
        AddLimits(arguments, spec, index);
        AddProgram(arguments, app, dotnetRoot);
        return new WorkerCommand(launcher, arguments, environment, state)
        {
            Warnings = [.. new[] { warning, EnvironmentFileCheck.Warning(spec.Options.EnvFile) }
                .Where(text => text.Length > 0)],
        };
    }

    // An application works without one: it only forgets more.
    private static string? StateOf(WorkerIdentity identity, GroupSpec spec, out string warning)
    {
        warning = "";
        try
        {
            return identity.StateDirectory(spec);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            warning = $"the state directory cannot be made: {exception.Message}";
            return null;
        }
    }

    private static void AddIdentity(List<string> arguments, WorkerIdentity identity)
    {
        if (identity.Switch)
        {
            Add(arguments, "--user", Text(identity.User));
            Add(arguments, "--group", Text(identity.Group));
            Add(arguments, "--groups", string.Join(',', identity.SupplementaryGroups.Select(group => Text(group))));
        }
    }

    private static void AddLimits(List<string> arguments, GroupSpec spec, int index)
    {
        var options = spec.Options;
        var directory = options.Home.Length > 0 ? options.Home : spec.Group.App.ContentRoot;
        var title = options.DisplayName.Length > 0 ? options.DisplayName
            : string.Create(CultureInfo.InvariantCulture, $"modhost: {spec.Name} {index}");
        Add(arguments, "--umask", Convert.ToString(options.Umask, 8).PadLeft(3, '0'));
        Add(arguments, "--directory", directory.Length > 0 ? directory : "/");
        Add(arguments, "--title", title);
        if (options.NofileLimit > 0)
        {
            Add(arguments, "--nofile", Text(options.NofileLimit));
        }

        if (options.CpuPriority is { } priority)
        {
            Add(arguments, "--nice", Text(priority));
        }
    }

    private static void AddProgram(List<string> arguments, AppConfiguration app, string dotnetRoot)
    {
        switch (app.Kind)
        {
            case AppKind.Native:
                Add(arguments, "--library", app.Path);
                break;
            case AppKind.Il when dotnetRoot.Length == 0:
                throw new FormatException("there is no .NET installation for the application");
            case AppKind.Il:
                Add(arguments, "--", Path.Combine(dotnetRoot, "dotnet"));
                arguments.Add(app.Path);
                break;
            default:
                Add(arguments, "--", app.Path);
                break;
        }
    }

    private static void Add(List<string> arguments, string name, string value)
    {
        arguments.Add(name);
        arguments.Add(value);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
