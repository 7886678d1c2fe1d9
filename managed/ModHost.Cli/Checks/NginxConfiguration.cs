using System.Text.RegularExpressions;
using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>What nginx's directives mean.</summary>
/// <param name="all">Of one configuration.</param>
/// <param name="built">What <c>nginx -V</c> prints: places and user are defaults that it was built with.</param>
internal sealed partial class NginxConfiguration(IReadOnlyList<Directive> all, string built)
{
    private string Prefix => Built(built, "prefix") ?? "/usr/local/nginx";

    public ServerConfiguration Read(bool service)
    {
        var root = Account.Effective == 0;
        return new ServerConfiguration
        {
            Server = WebServers.WebServerChoice.Nginx,
            IsService = service,
            IsPrivileged = root || service,
            User = User(root || service),
            Applications = [.. all.Named("modhost_pass").Select(Application)],
            Groups = [.. all.Named("modhost_daemon_process").Select(one => DeclaredGroup.From([.. one.Words.Skip(1)]))],
            Listens = [.. Listens(root).Distinct()],
            Drain = TimeText.Milliseconds(all.Last("worker_shutdown_timeout")) is > 0 and var drain ? drain : null,
            EmbeddedStops = [.. all.Named("modhost_shutdown_timeout").Select(one => TimeText.Milliseconds(one.First)).OfType<long>()],
            RunDirectory = InPrefix(all.Last("modhost_run_directory") ?? (root ? "/run/modhost" : "modhost_run")),
            StateDirectory = InPrefix(all.Last("modhost_state_directory") ?? (root ? "/var/lib/modhost" : "modhost_state")),
            DotnetRoot = all.Last("modhost_dotnet_root") is { } dotnet ? InPrefix(dotnet) : null,
            ManagedDirectory = all.Last("modhost_managed_directory") is { } managed ? InPrefix(managed) : null,
            Process = RunningServer.Of(InPrefix(all.Last("pid") ?? Built(built, "pid-path") ?? "logs/nginx.pid"), "nginx"),
        };
    }

    // One that root did not start has no other user than its own.
    private FileReader User(bool privileged)
    {
        var user = all.Named("user").FirstOrDefault(one => one.Block.Count == 0);
        return FileReader.OfServer(privileged ? user?.First ?? Built(built, "user") ?? "nobody" : null,
            user is { Words.Count: > 2 } ? user.Words[2] : null);
    }

    private HostedApplication Application(Directive pass)
    {
        const string Parameter = "process_group=";
        var named = pass.Words.LastOrDefault(word => word.StartsWith(Parameter, StringComparison.Ordinal))?[Parameter.Length..];
        var group = named ?? all.Inherited(pass, "modhost_process_group");
        return new HostedApplication(InPrefix(pass.First), group is "embedded" ? null : group);
    }

    // A server that says nothing listens all the same.
    private IEnumerable<ListenPlace> Listens(bool root)
    {
        var listens = all.Named("listen").Where(one => one.Block is [.., "server"]).ToArray();
        var usual = all.Named("server").Any(server => server.Block is ["http"]
            && !listens.Any(listen => listen.Scopes.Contains(server.Opens)));
        return listens.SelectMany(one => ListenPlace.OfNginx([.. one.Words.Skip(1)]))
            .Concat(usual ? ListenPlace.OfNginx([root ? "*:80" : "*:8000"]) : []);
    }

    private string InPrefix(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Prefix, path)));

    private static string? Built(string text, string option) =>
        Option().Matches(text).LastOrDefault(match => match.Groups[1].Value == option)?.Groups[2].Value;

    [GeneratedRegex(@"--([a-z-]+)=(\S+)")]
    private static partial Regex Option();
}
