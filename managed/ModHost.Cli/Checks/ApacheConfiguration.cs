using System.Text.RegularExpressions;
using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>What Apache's directives mean.</summary>
/// <param name="all">Of one configuration.</param>
/// <param name="running">What <c>-D DUMP_RUN_CFG</c> prints: root, user and pid file, defaults among them.</param>
internal sealed partial class ApacheConfiguration(IReadOnlyList<Directive> all, string running)
{
    private string Root => Running(running, "ServerRoot") ?? "/";

    public ServerConfiguration Read(bool service)
    {
        var root = Account.Effective == 0;
        return new ServerConfiguration
        {
            Server = WebServers.WebServerChoice.Apache,
            IsService = service,
            IsPrivileged = root || service,
            User = FileReader.OfServer(root || service ? Running(running, "User") : null, Running(running, "Group")),
            Applications =
            [
                .. all.Named("ModHostAlias").Select(one => Application(one, one.Words.ElementAtOrDefault(2) ?? "")),
                .. all.Named("ModHostPass").Select(one => Application(one, one.First)),
            ],
            Groups = [.. all.Named("ModHostDaemonProcess").Select(one => DeclaredGroup.From([.. one.Words.Skip(1)]))],
            Listens = [.. all.Named("Listen").SelectMany(one => ListenPlace.OfApache([.. one.Words.Skip(1)])).Distinct()],
            Drain = TimeText.Milliseconds(all.Last("GracefulShutdownTimeout")) is > 0 and var drain ? drain : null,
            EmbeddedStops = [.. all.Named("ModHostShutdownTimeout").Select(one => TimeText.Milliseconds(one.First)).OfType<long>()],
            RunDirectory = InRoot(all.Last("ModHostRunDirectory") ?? (root ? "/run/modhost" : "modhost_run")),
            StateDirectory = InRoot(all.Last("ModHostStateDirectory") ?? (root ? "/var/lib/modhost" : "modhost_state")),
            DotnetRoot = all.Last("ModHostDotnetRoot") is { } dotnet ? InRoot(dotnet) : null,
            ManagedDirectory = all.Last("ModHostManagedDirectory") is { } managed ? InRoot(managed) : null,
            Process = Running(running, "PidFile") is { } file ? RunningServer.Of(InRoot(file), "apache2", "httpd") : null,
        };
    }

    private HostedApplication Application(Directive pass, string path)
    {
        const string Parameter = "process-group=";
        var named = pass.Words.LastOrDefault(word => word.Replace('_', '-')
            .StartsWith(Parameter, StringComparison.OrdinalIgnoreCase))?[Parameter.Length..];
        var group = named ?? all.Inherited(pass, "ModHostProcessGroup");
        return new HostedApplication(InRoot(path), group is "embedded" ? null : group);
    }

    private string InRoot(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Root, path)));

    // User: name="www-data" id=33
    private static string? Running(string text, string name) =>
        Line().Matches(text).FirstOrDefault(match => match.Groups[1].Value == name)?.Groups[2].Value;

    [GeneratedRegex(@"^(\w+): (?:name=)?""([^""]*)""", RegexOptions.Multiline)]
    private static partial Regex Line();
}
