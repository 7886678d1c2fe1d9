namespace ModHost.Cli.Checks;

/// <summary>Applications, and whether those who run them can read them.</summary>
internal static class ApplicationChecks
{
    public static IEnumerable<Finding> Of(ServerConfiguration configuration)
    {
        if (configuration.Applications.Count == 0)
        {
            yield return Finding.Doubt("application", $"{configuration.Server} has none of ModHost's", configuration.IsNginx
                ? "modhost_pass /path/to/App.dll; in a location (docs/directives.md)"
                : "ModHostAlias / /path/to/App.dll in a virtual host (docs/directives.md)");
        }

        foreach (var application in configuration.Applications.Distinct())
        {
            yield return Of(configuration, application);
        }

        foreach (var group in configuration.UsedGroups)
        {
            foreach (var key in (string[])["home", "dotnet-root"])
            {
                if (group[key] is { } folder && FileAccessCheck.Find(folder, group.ReaderOr(configuration.User)) is { } obstacle)
                {
                    yield return Obstructed(group.ReaderOr(configuration.User), $"enter {key}={folder}", obstacle);
                }
            }
        }
    }

    /// <summary>The same of ModHost's own part, which runs in the same processes.</summary>
    /// <param name="folder">Where it is.</param>
    public static IEnumerable<Finding> OfManagedPart(ServerConfiguration configuration, string folder)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.dll", SearchOption.AllDirectories) : [];
        foreach (var reader in configuration.Applications.Select(configuration.ReaderOf).DistinctBy(reader => reader.Name))
        {
            if (files.Select(file => FileAccessCheck.Find(file, reader)).FirstOrDefault(found => found is not null) is { } obstacle)
            {
                yield return Obstructed(reader, $"read {folder}, which is a part of every application", obstacle);
            }
        }
    }

    private static Finding Of(ServerConfiguration configuration, HostedApplication application)
    {
        var reader = configuration.ReaderOf(application);
        foreach (var file in ApplicationFiles.Of(application.Path))
        {
            if (FileAccessCheck.Find(file, reader) is { } obstacle)
            {
                return Obstructed(reader, $"read {application.Path}", obstacle, ApplicationFiles.IsSettings(file));
            }
        }

        return Finding.Good("application", $"{application.Path}, as {reader.Name} "
            + (application.Group is { } group ? $"in process group {group}" : $"in {configuration.Server}'s own processes"));
    }

    // Settings may hold passwords, which are not for everybody.
    private static Finding Obstructed(FileReader reader, string what, Obstacle obstacle, bool secret = false)
    {
        var text = $"{reader.Name} cannot {what}, because of {obstacle.Path}";
        var folder = Directory.Exists(obstacle.Path);
        var remedy = secret && !folder ? $"chgrp {reader.Group} {obstacle.Path} && chmod 640 {obstacle.Path}"
            : $"chmod o+{(folder ? "rx" : "r")} {obstacle.Path}, or give it to {reader.Name} or a group of {reader.Name}'s";
        return obstacle.IsCertain
            ? Finding.Bad("permissions", text, remedy)
            : Finding.Doubt("permissions", $"{text}, unless an access list lets it", remedy);
    }
}
