using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Apache's configuration, as Apache itself reads it: mod_info prints its directives, and a dump its user.</summary>
internal sealed class ApacheSource(ApacheServer server) : IConfigurationSource
{
    private const string Debian = "/etc/apache2/";
    private const string Usual = "/etc/apache2/apache2.conf";

    public ServerConfiguration? Read(string? file, List<Finding> findings)
    {
        var (code, text, errors) = Run(file, "-t");
        if (code != 0)
        {
            findings.Add(Refusal.Of(server, server.Reason(errors + text, "")));
            return null;
        }

        findings.Add(Finding.Good("configuration", "Apache accepts it"));
        var information = Path.Combine(server.ServerModules, "mod_info.so");
        var (dumped, directives, reason) = Run(file, "-t", "-D", "DUMP_CONFIG", "-c", $"LoadModule info_module {information}");
        if (dumped != 0)
        {
            findings.Add(Finding.Doubt("configuration", $"what it says cannot be read: {server.Reason(reason, "")}",
                $"{information} prints it: install that module of Apache's, and check again"));
            return null;
        }

        return new ApacheConfiguration(ApacheDirectives.Read(directives), Run(file, "-t", "-D", "DUMP_RUN_CFG").Text)
            .Read(file is null or Usual);
    }

    // Debian's own configuration needs variables and folders that its control script sees to; that passes on what it does
    // not know itself.
    private (int Code, string Text, string Errors) Run(string? file, params string[] arguments)
    {
        var control = file is null || file.StartsWith(Debian, StringComparison.Ordinal)
            ? Programs.Find("MODHOST_APACHECTL", "apachectl") : null;
        return Programs.Run(control ?? server.Program, [.. file is null ? (string[])[] : ["-f", file], .. arguments]);
    }
}
