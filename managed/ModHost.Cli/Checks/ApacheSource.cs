using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Apache's configuration, as Apache itself reads it: mod_info prints its directives, and a dump its user.</summary>
internal sealed class ApacheSource(ApacheServer server) : IConfigurationSource
{
    private const string Usual = "/etc/apache2/apache2.conf";

    public ServerConfiguration? Read(string? file, List<Finding> findings)
    {
        var (code, text, errors) = Run(file, "-t");
        if (code != 0)
        {
            findings.Add(Refusal.Of(server, server.Reason(text + errors, "")));
            return null;
        }

        findings.Add(Finding.Good("configuration", "Apache accepts it"));
        var information = Path.Combine(server.ServerModules, "mod_info.so");
        var (dumped, directives, reason) = Run(file, "-t", "-D", "DUMP_CONFIG", "-c", $"LoadModule info_module {information}");
        if (dumped != 0)
        {
            findings.Add(Finding.Doubt("configuration", $"what it says cannot be read: {server.Reason(directives + reason, "")}",
                $"{information} prints it: install that module of Apache's, and check again"));
            return null;
        }

        return new ApacheConfiguration(ApacheDirectives.Read(directives), Run(file, "-t", "-D", "DUMP_RUN_CFG").Text)
            .Read(file is null or Usual);
    }

    // Debian's own configuration has variables in it, which its control script reads from a file; as that does.
    private (int Code, string Text, string Errors) Run(string? file, params string[] arguments)
    {
        var variables = Environment.GetEnvironmentVariable("APACHE_ENVVARS") is { Length: > 0 } given ? given : "/etc/apache2/envvars";
        string[] all = [.. file is null ? (string[])[] : ["-f", file], .. arguments];
        var isDebians = file is null || file.StartsWith(Path.GetDirectoryName(variables) + "/", StringComparison.Ordinal);
        return isDebians && File.Exists(variables)
            ? Programs.Run("/bin/sh", ["-c", ". \"$0\"; exec \"$@\"", variables, server.Program, .. all])
            : Programs.Run(server.Program, all);
    }
}
