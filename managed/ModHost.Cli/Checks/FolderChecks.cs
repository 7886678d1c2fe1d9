namespace ModHost.Cli.Checks;

/// <summary>
/// Folders that ModHost writes to. Whether the run directory can be written, is owned by the right user and short enough is
/// for the web server's own check, which has refused it otherwise; how much room there is nobody has looked at.
/// </summary>
internal static class FolderChecks
{
    private const long Least = 1 << 20;

    public static IEnumerable<Finding> Of(ServerConfiguration configuration)
    {
        if (configuration.UsedGroups.Any())
        {
            yield return Of("run directory", configuration.RunDirectory, configuration.Spelled("run_directory"), needed: true);
        }

        if (configuration.Applications.Count > 0)
        {
            yield return Of("state directory", configuration.StateDirectory, configuration.Spelled("state_directory"), needed: false);
        }
    }

    private static Finding Of(string subject, string folder, string directive, bool needed)
    {
        var there = folder;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        if (Room(there) is { } room && room < Least)
        {
            var text = $"the file system of {folder} is full";
            var remedy = $"df {there}; make room, or set {directive}";
            return needed ? Finding.Bad(subject, text, remedy) : Finding.Doubt(subject, text, remedy);
        }

        return Finding.Good(subject, there == folder ? folder : $"{folder} will be made");
    }

    private static long? Room(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
