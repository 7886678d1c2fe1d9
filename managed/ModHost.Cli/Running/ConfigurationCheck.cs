using System.Text.RegularExpressions;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Running;

/// <summary>The web server's own judgement of a configuration, before it is started.</summary>
internal static partial class ConfigurationCheck
{
    /// <exception cref="CommandException">It is refused; the reason in one line.</exception>
    public static void Run(WebServer server, string folder, string configuration)
    {
        var (code, text) = Programs.Output(server.Program, server.CheckArguments(folder, configuration).Skip(1));
        if (code != 0)
        {
            var reason = server.Reason(text, configuration);
            throw new CommandException(reason, OfApplication().IsMatch(reason) ? ExitCode.Usage : ExitCode.Failed);
        }
    }

    // MH01xx: applications.
    [GeneratedRegex(@"\bMH01\d\d\b")]
    private static partial Regex OfApplication();
}
