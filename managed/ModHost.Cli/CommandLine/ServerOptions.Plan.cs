using System.CommandLine;
using ModHost.Cli.Applications;
using ModHost.Cli.Configuration;
using ModHost.Cli.Running;
using ModHost.Cli.WebServers;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.CommandLine;

/// <content>From what was typed to a plan.</content>
internal sealed partial class ServerOptions
{
    /// <summary>Of connections; each request takes two open files at most.</summary>
    private const int MostConnections = 4096;

    /// <summary>What does not go together is wrong before anything is done.</summary>
    /// <param name="hasCertificate">There will be one that nobody named.</param>
    public void Check(ParseResult result, bool hasCertificate)
    {
        var certificate = result.GetValue(Certificate) is not null;
        if (certificate != result.GetValue(Key) is not null)
        {
            throw CommandException.Wrong(certificate ? "--certificate needs --key" : "--key needs --certificate");
        }

        if (result.GetValue(HttpsPort) is null && (certificate || hasCertificate || result.GetValue(Http2)))
        {
            throw CommandException.Wrong("a certificate and --http2 are for HTTPS: say where with --https-port");
        }

        if (result.GetValue(HttpsPort) is { } https && !certificate && !hasCertificate)
        {
            throw CommandException.Wrong($"--https-port {https} needs --certificate and --key, or --dev-certificate");
        }

        if (result.GetValue(NoDocumentRoot) && result.GetValue(DocumentRoot) is not null)
        {
            throw CommandException.Wrong("--document-root and --no-document-root contradict each other");
        }

        if (result.GetValue(Group) is not null && result.GetValue(User) is null)
        {
            throw CommandException.Wrong("--group needs --user");
        }

        if (!IsDaemon(result))
        {
            foreach (var option in (Option[])[Processes, WorkingDirectory, InactivityTimeout])
            {
                if (result.GetResult(option) is { Implicit: false })
                {
                    throw CommandException.Wrong($"{option.Name} needs --mode daemon");
                }
            }
        }
    }

    public bool IsDaemon(ParseResult result) => result.GetValue(Mode) == Daemon;

    /// <summary>How long a graceful end may take, as far as the options say.</summary>
    public TimeSpan Patience(ParseResult result) => TimeSpan.FromMilliseconds(
        OptionText.Time(result.GetValue(GracefulTimeout) ?? "30s") + OptionText.Time(result.GetValue(ShutdownTimeout) ?? "10s"));

    /// <exception cref="CommandException">Web server and application do not fit what is wanted.</exception>
    public ServerPlan Plan(ParseResult result, Application app, WebServer server, ServerPlaces places)
    {
        var daemon = IsDaemon(result);
        if (app.Kind == ApplicationKind.Executable && !daemon)
        {
            throw CommandException.Wrong($"{app.Name} is a program of its own; it needs --mode daemon");
        }

        var plan = new ServerPlan
        {
            App = app,
            Places = places,
            Hosts = result.GetValue(Host) is { Length: > 0 } hosts ? hosts : ["localhost"],
            Ipv6 = PortCheck.HasIpv6,
            Port = result.GetValue(Port),
            HttpsPort = result.GetValue(HttpsPort),
            Certificate = result.GetValue(Certificate),
            Key = result.GetValue(Key),
            Http2 = result.GetValue(Http2),
            ServerNames = result.GetValue(ServerName) ?? [],
            TrustedProxies = result.GetValue(TrustProxy) ?? [],
            Mount = result.GetValue(MountPoint) ?? "",
            DocumentRoot = result.GetValue(NoDocumentRoot) ? null : result.GetValue(DocumentRoot) ?? app.WebRoot,
            Precompressed = server.Precompressed,
            Aliases = result.GetValue(UrlAlias) ?? [],
            Includes = result.GetValue(IncludeFile) ?? [],
            Workers = result.GetValue(Workers) ?? (daemon ? "auto" : "1"),
            Connections = Math.Min(MostConnections, places.OpenFiles / 2),
            Processes = result.GetValue(Processes),
            MaxConcurrency = result.GetValue(MaxConcurrency),
            RequestLimit = result.GetValue(LimitRequestBody),
            Compress = result.GetValue(Compress),
            Timeouts = Limits(result),
            Environment = Variables(result),
            WorkingDirectory = result.GetValue(WorkingDirectory),
            DotnetRoot = result.GetValue(DotnetRoot),
            ReloadOn = daemon && result.GetValue(ReloadOnChanges) ? app.Folder : null,
            DetailedErrors = result.GetValue(DetailedErrors),
            Logs = new LogPlan
            {
                Level = result.GetValue(LogLevel) ?? "info",
                Access = result.GetValue(AccessLog),
                Format = result.GetValue(LogFormat) ?? "short",
            },
        };
        return Fitting(plan with { Group = daemon ? plan.Identifier : null }, server);
    }

    /// <exception cref="CommandException">The web server has no part for something in the plan.</exception>
    public static ServerPlan Fitting(ServerPlan plan, WebServer server) => server.Missing(plan) is { } missing
        ? throw new CommandException($"{server.Name} at {server.Program} was built without what {missing}") : plan;

    private Timeouts Limits(ParseResult result) => new()
    {
        Startup = result.GetValue(StartupTimeout),
        Request = result.GetValue(RequestTimeout),
        Queue = result.GetValue(QueueTimeout),
        Graceful = result.GetValue(GracefulTimeout),
        Shutdown = result.GetValue(ShutdownTimeout),
        Inactivity = result.GetValue(InactivityTimeout),
        KeepAlive = result.GetValue(KeepAliveTimeout),
        Client = result.GetValue(ClientTimeout),
    };

    // Each name once, and the later word counts: what was typed goes before the file.
    private NameValue[] Variables(ParseResult result)
    {
        var variables = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        if (result.GetValue(EnvFile) is { } file)
        {
            foreach (var (name, value) in EnvironmentFile.Read(file))
            {
                variables[name] = value;
            }
        }

        foreach (var pair in result.GetValue(SetEnv) ?? [])
        {
            variables[pair.Name] = pair.Value;
        }

        return [.. variables.Select(variable => new NameValue(variable.Key, variable.Value))];
    }
}
