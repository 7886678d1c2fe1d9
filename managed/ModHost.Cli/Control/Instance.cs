using ModHost.Cli.Running;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Control;

/// <summary>A supervisor that runs, by its folder.</summary>
internal sealed record Instance(string Folder)
{
    public const string DefaultRun = "/run/modhost";

    /// <summary>nginx-4711</summary>
    public string Name => string.Join('-', Path.GetFileName(Folder).Split('-')[..^1]) is { Length: > 0 } name
        ? name : Path.GetFileName(Folder);

    public string Socket => Path.Combine(Folder, "control.sock");

    /// <summary>Those below a run directory; without one, the distribution's and those of start-server.</summary>
    public static IReadOnlyList<Instance> Find(string? runDirectory)
    {
        var places = runDirectory is not null ? [runDirectory]
            : StateDirectory.All().Select(folder => Path.Combine(folder, "run")).Prepend(DefaultRun);
        return [.. places.Where(Directory.Exists).SelectMany(Folders)
            .Select(folder => new Instance(folder)).Where(instance => File.Exists(instance.Socket))];
    }

    /// <summary>The same; that there is none is an error.</summary>
    public static IReadOnlyList<Instance> FindAny(string? runDirectory) => Find(runDirectory) is { Count: > 0 } found ? found
        : throw new CommandException($"no process group runs here: there is no supervisor below {runDirectory ?? DefaultRun}");

    /// <summary>The configuration that it has now.</summary>
    public SupervisorConfiguration Configuration()
    {
        try
        {
            return ConfigurationFile.Read(ConfigurationFile.PathOf(Folder, ConfigurationFile.Highest(Folder)));
        }
        catch (FormatException exception)
        {
            throw new CommandException(exception.Message);
        }
    }

    private static IEnumerable<string> Folders(string run)
    {
        try
        {
            return Directory.GetDirectories(run);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandException($"{run} is not for this user; try again with sudo");
        }
    }
}
