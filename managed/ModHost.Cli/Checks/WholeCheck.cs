using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>All checks, in the order in which they are printed.</summary>
internal static class WholeCheck
{
    /// <param name="file">The configuration; null: the distribution's.</param>
    /// <param name="root">Where the system is: /.</param>
    public static IReadOnlyList<Finding> Run(WebServer server, Installation installation, string? file, string root)
    {
        List<Finding> findings = [.. InstallationChecks.Of(installation, server)];
        IConfigurationSource source = server is NginxServer nginx ? new NginxSource(nginx) : new ApacheSource((ApacheServer)server);
        var configuration = source.Read(file, findings);
        findings.Add(InstallationChecks.Frameworks(configuration?.DotnetRoots ?? []));
        if (configuration is not null)
        {
            findings.AddRange(Of(configuration, configuration.ManagedDirectory ?? installation.Managed, root));
        }

        return findings;
    }

    /// <summary>What can be told from what a configuration says.</summary>
    /// <param name="managed">Where ModHost's managed part is.</param>
    /// <param name="root">Where the system is: /.</param>
    private static IEnumerable<Finding> Of(ServerConfiguration configuration, string managed, string root) =>
    [
        .. ApplicationChecks.Of(configuration),
        .. ApplicationChecks.OfManagedPart(configuration, managed),
        .. GroupChecks.Of(configuration),
        .. PortChecks.Of(configuration),
        .. FolderChecks.Of(configuration),
        .. ServiceChecks.Of(configuration, root),
    ];
}
