using System.CommandLine;
using ModHost.Cli.Configuration;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.CommandLine;

/// <summary>Options that say what a web server is to do: of <c>start-server</c> and <c>setup-server</c> alike.</summary>
internal sealed partial class ServerOptions
{
    public const string Embedded = "embedded";
    public const string Daemon = "daemon";

    public Option<string?> Server { get; } = NewOption.Choice("--server",
        "The web server; default: the first that is installed, nginx before Apache.",
        WebServerChoice.Nginx, WebServerChoice.Apache);

    public Option<string?> Mode { get; } = NewOption.Choice("--mode",
        "In the web server's own processes (the default), or in processes of its own.", Embedded, Daemon);

    public Option<string[]> Host { get; } = NewOption.Many("--host", "ADDRESS",
        "Where to listen: an address, localhost (the default), or * for all. May be repeated.", Values.Host);

    public Option<int?> Port { get; } = NewOption.Number("--port", "PORT", "For HTTP; default: 8080.", Values.Port);

    public Option<int?> HttpsPort { get; } = NewOption.Number("--https-port", "PORT",
        "For HTTPS beside HTTP; needs a certificate.", Values.Port);

    public Option<string?> Certificate { get; } = NewOption.Value("--certificate", "FILE",
        "Certificate in PEM form, with those that it depends on.", Values.File);

    public Option<string?> Key { get; } = NewOption.Value("--key", "FILE", "The certificate's key.", Values.File);

    public Option<bool> Http2 { get; } = NewOption.Flag("--http2", "HTTP/2 over HTTPS.");

    public Option<string[]> ServerName { get; } = NewOption.Many("--server-name", "NAME",
        "Name of the server as clients know it. May be repeated; default: any.", Values.Name);

    public Option<string[]> TrustProxy { get; } = NewOption.Many("--trust-proxy", "CIDR",
        "Take the client's address from X-Forwarded-For, where it comes from this address or network. May be repeated.",
        Values.Network);

    public Option<string?> MountPoint { get; } = NewOption.Value("--mount-point", "/PATH",
        "Where the application is in the URL space, its PathBase; default: /.", Values.Mount);

    public Option<string?> DocumentRoot { get; } = NewOption.Value("--document-root", "FOLDER",
        "Files that the web server sends itself, before it asks the application; default: the published wwwroot.",
        Values.Folder);

    public Option<bool> NoDocumentRoot { get; } = NewOption.Flag("--no-document-root",
        "The application sends its static files itself.");

    public Option<UrlAlias[]> UrlAlias { get; } = NewOption.Many("--url-alias", "/URL=FOLDER",
        "Another folder of files, at a place of its own. May be repeated.", Values.Alias);

    public Option<string[]> IncludeFile { get; } = NewOption.Many("--include-file", "FILE",
        "Directives of the web server, for the server's block. May be repeated.", Values.File);

    public Option<string?> Workers { get; } = NewOption.Value("--workers", "N|auto",
        "Worker processes of the web server; default: 1 embedded, auto (one per core) with --mode daemon.",
        Values.CountOrAuto);

    public Option<string?> Processes { get; } = NewOption.Value("--processes", "N|auto",
        "With --mode daemon: processes of the application; default: 1.", Values.CountOrAuto);

    public Option<int?> MaxConcurrency { get; } = NewOption.Number("--max-concurrency", "N",
        "Requests that one process works on at once; default: no limit.", Values.Count);

    public Option<string?> LimitRequestBody { get; } = NewOption.Value("--limit-request-body", "SIZE",
        "Longest request body: 64k, 10m; 0: no limit. Default: ASP.NET Core's, 30,000,000 bytes.", Values.Size);

    public Option<bool> Compress { get; } = NewOption.Flag("--compress", "Compress text on the way to clients.");

    public Option<NameValue[]> SetEnv { get; } = NewOption.Many("--setenv", "NAME=VALUE",
        "Environment variable of the application. May be repeated.", Values.Pair);

    public Option<string?> EnvFile { get; } = NewOption.Value("--env-file", "FILE",
        "File with NAME=VALUE lines for the environment; --setenv goes before it.", Values.File);

    public Option<string?> WorkingDirectory { get; } = NewOption.Value("--working-directory", "FOLDER",
        "With --mode daemon: the application's working directory and HOME; default: its own folder.", Values.Folder);

    public Option<string?> User { get; } = NewOption.Value("--user", "USER",
        "Who serves: the web server's workers and the application; needs root.", Values.Text);

    public Option<string?> Group { get; } = NewOption.Value("--group", "GROUP",
        "Goes with --user; default: that user's own.", Values.Text);

    public Option<string?> DotnetRoot { get; } = NewOption.Value("--dotnet-root", "FOLDER",
        "Where .NET is installed; default: the usual places.", Values.Folder);

    public Option<string?> StartupTimeout { get; } = Time("--startup-timeout",
        "How long the application may take to start; default: 60s.");

    public Option<string?> RequestTimeout { get; } = Time("--request-timeout",
        "How long it may take for a request before the client gets 504; default: 0, no limit.");

    public Option<string?> QueueTimeout { get; } = Time("--queue-timeout",
        "How long a request may wait before the client gets 503; default: 10s.");

    public Option<string?> GracefulTimeout { get; } = Time("--graceful-timeout",
        "How long requests in flight may go on where a process is replaced or ends; default: 30s.");

    public Option<string?> ShutdownTimeout { get; } = Time("--shutdown-timeout",
        "How long the application may take to stop; default: 10s.");

    public Option<string?> InactivityTimeout { get; } = Time("--inactivity-timeout",
        "With --mode daemon: an idle process ends after this; default: 0, never.");

    public Option<string?> KeepAliveTimeout { get; } = Time("--keep-alive-timeout",
        "How long a connection may wait for its next request; default: the web server's.");

    public Option<string?> ClientTimeout { get; } = Time("--client-timeout",
        "How long a client may be silent in the middle of a request or response; default: the web server's.");

    public Option<string?> AccessLog { get; } = NewOption.Value("--access-log", "FILE|off",
        "Where requests are logged; default: the terminal.", text => text == "off" ? text : Values.Place(text));

    public Option<string?> LogLevel { get; } = NewOption.Choice("--log-level",
        "Least level of what is logged; default: info, without the web server's own lines of that level.",
        "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug");

    public Option<string?> LogFormat { get; } = NewOption.Value("--log-format", "short|combined|json|FORMAT",
        "Of the access log; FORMAT is the web server's own. Default: short.", Values.Text);

    public Option<bool> DetailedErrors { get; } = NewOption.Flag("--detailed-errors",
        "Show clients why an application failed. For development.");

    public Option<bool> ReloadOnChanges { get; } = NewOption.Flag("--reload-on-changes",
        "Take up a new version when files in the application's folder change.");

    /// <summary>All of them, as help and manual list them.</summary>
    public IReadOnlyList<Option> All =>
    [
        Server, Mode, Host, Port, HttpsPort, Certificate, Key, Http2, ServerName, TrustProxy,
        MountPoint, DocumentRoot, NoDocumentRoot, UrlAlias, IncludeFile,
        Workers, Processes, MaxConcurrency, LimitRequestBody, Compress,
        SetEnv, EnvFile, WorkingDirectory, User, Group, DotnetRoot,
        StartupTimeout, RequestTimeout, QueueTimeout, GracefulTimeout, ShutdownTimeout, InactivityTimeout,
        KeepAliveTimeout, ClientTimeout,
        AccessLog, LogLevel, LogFormat, DetailedErrors, ReloadOnChanges,
    ];

    /// <summary>Those that <c>setup-server</c> has: all that a site can say of itself.</summary>
    public IReadOnlyList<Option> Site => [.. All.Where(option => option != Workers)];

    /// <summary>Those that <c>dev</c> has.</summary>
    public IReadOnlyList<Option> Development =>
    [
        Host, Port, HttpsPort, Certificate, Key, Http2, ServerName, MountPoint, UrlAlias, IncludeFile,
        SetEnv, EnvFile, DotnetRoot, StartupTimeout, GracefulTimeout, AccessLog, LogLevel, LogFormat,
    ];

    private static Option<string?> Time(string name, string description) =>
        NewOption.Value(name, "TIME", description, Values.Time);
}
