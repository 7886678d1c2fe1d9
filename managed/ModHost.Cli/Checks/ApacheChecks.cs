using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Whether a configuration of Apache will do what it says: its own check knows most of it.</summary>
internal static class ApacheChecks
{
    /// <param name="configuration">Null: the distribution's.</param>
    public static IEnumerable<Finding> Of(WebServer server, string? configuration)
    {
        // Debian's needs variables that its control script sets.
        var (code, text) = configuration is null && Programs.Find("MODHOST_APACHECTL", "apachectl") is { } control
            ? Programs.Output(control, ["configtest"])
            : Programs.Output(server.Program, [.. configuration is null ? (string[])[] : ["-f", configuration], "-t"]);
        yield return code == 0 ? Finding.Good("configuration", "Apache accepts it")
            : Finding.Bad("configuration", server.Reason(text, ""), "docs/errors.md explains tags (MHnnnn)");
    }
}
