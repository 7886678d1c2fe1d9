using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>nginx's configuration, as nginx itself reads it.</summary>
internal sealed class NginxSource(NginxServer server) : IConfigurationSource
{
    private const string Usual = "/etc/nginx/nginx.conf";

    public ServerConfiguration? Read(string? file, List<Finding> findings)
    {
        var (code, text, errors) = Programs.Run(server.Program, [.. file is null ? (string[])[] : ["-c", file], "-T"]);
        if (code != 0)
        {
            findings.Add(Refusal.Of(server, server.Reason(text + errors, "")));
            return null;
        }

        findings.Add(Finding.Good("configuration", "nginx accepts it"));
        return new NginxConfiguration(NginxDirectives.Read(text), server.Built).Read(file is null or Usual);
    }
}
