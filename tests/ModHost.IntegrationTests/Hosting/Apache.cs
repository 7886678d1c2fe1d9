using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Apache httpd with one of its MPMs.</summary>
internal sealed partial class Apache(ServerKind kind) : WebServer
{
    // The order is that of dependence.
    private static readonly string[] s_modules =
    [
        "authn_core", "authn_file", "authz_core", "authz_host", "authz_user", "auth_basic", "alias", "deflate", "dir", "env", "filter",
        "headers", "http2", "ratelimit", "remoteip", "rewrite", "setenvif", "socache_shmcb", "ssl", "status",
    ];

    public override string Name => "apache";

    public override string Program => Settings.Apache;

    public override string ErrorPage => "<!DOCTYPE HTML PUBLIC";

    public override Regex Alarming => AlarmingLine();

    public override bool KeepsWorkers => kind != ServerKind.ApachePrefork;

    public override string Line => @"(?:apache\.conf:|line )(\d+)";

    public override string[] Start(ServerPlaces places, bool detached) =>
        ["-d", places.Prefix, "-f", places.Configuration, .. detached ? (string[])[] : ["-DFOREGROUND"]];

    public override string[] Check(ServerPlaces places) => ["-t", .. Start(places, detached: true)];

    // Apache makes its log files anew when it reads its configuration.
    public override int SignalFor(Order order) => order switch
    {
        Order.Reload or Order.Reopen => Signal.Usr1,
        Order.Quit => Signal.Winch,
        _ => Signal.Term,
    };

    // As apachectl does it: the configuration is checked before the signal is sent.
    public override async Task<(int Code, string Output)> Tell(Order order, int master, ServerPlaces places)
    {
        if (order is Order.Reload or Order.Reopen)
        {
            return await Child.TryRun(Program, ["-k", "graceful", .. Start(places, detached: true)], places.Prefix);
        }

        Signal.Send(master, SignalFor(order));
        return (0, "");
    }

    public override bool Serves(ProcessState process) => process.Name == "apache2";

    public override bool Replaces(Order order) => order is Order.Reload or Order.Reopen;

    public override string AtLevel(string level) => $@"\[modhost:{level}\]";

    public override string Killed(int worker) => $"child pid {worker} exit signal";

    // Under the line that names file and line, or in a line of the log.
    public override string Refusal(string reason) => reason;

    // What clients opened is TCP; a channel to each worker process stays.
    public override int Connections(int worker) => ProcFs.TcpSockets(worker);

    public override string Write(ServerSetup setup, ServerPlaces places) => $$"""
        ServerRoot {{places.Prefix}}
        DefaultRuntimeDir {{places.Prefix}}
        ServerName probe.test
        PidFile {{places.PidFile}}
        ErrorLog {{places.ErrorLog}}
        LogLevel info ssl:warn http2:warn
        LoadModule mpm_{{Mpm}}_module {{Settings.ApacheModules}}/mod_mpm_{{Mpm}}.so
        {{string.Join('\n', s_modules.Select(name => $"LoadModule {name}_module {Settings.ApacheModules}/mod_{name}.so"))}}
        LoadModule modhost_module {{Settings.ApacheModule}}
        {{(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}}
        {{Processes(setup)}}
        Listen 127.0.0.1:{{places.Port}}
        Listen 127.0.0.1:{{places.Http2Port}}
        Listen 127.0.0.1:{{places.TlsPort}} https
        Timeout 60
        KeepAlive On
        KeepAliveTimeout 60
        MaxKeepAliveRequests 0
        LimitRequestFields 1000
        LogFormat "%h %l %u %t \"%r\" %>s %b" common
        SSLSessionCache shmcb:{{places.Prefix}}/tls-sessions(512000)
        RemoteIPHeader X-Real-IP
        RemoteIPInternalProxy 127.0.0.1
        <Directory "/">
            AllowOverride None
            Require all granted
        </Directory>
        {{Spelling.ForApache(setup.Options)}}
        {{setup.Apache.Main}}
        {{Host(places.Port, "Protocols http/1.1", setup, places)}}
        {{Host(places.Http2Port, "Protocols h2c http/1.1", WithoutGroups(setup), places)}}
        {{Host(places.TlsPort, Tls, WithoutGroups(setup), places)}}
        """;

    private const string Tls = """
        Protocols h2 http/1.1
        SSLEngine on
        SSLCertificateFile @PREFIX@/server.pem
        SSLCertificateKeyFile @PREFIX@/server.key
        SSLProtocol -all +TLSv1.2 +TLSv1.3
        """;

    private string Mpm => kind switch
    {
        ServerKind.ApacheWorker => "worker",
        ServerKind.ApachePrefork => "prefork",
        _ => "event",
    };

    // A fixed number of processes with threads, and slots for those that are leaving: for the worker MPM they are part of
    // MaxRequestWorkers. So many threads have to be spare that no process may be missing: at a reload that MPM starts those
    // anew that are wanted, and no others.
    private string Processes(ServerSetup setup) => kind == ServerKind.ApachePrefork
        ? """
        ServerLimit 256
        StartServers 24
        MinSpareServers 12
        MaxSpareServers 64
        MaxRequestWorkers 256
        """
        : string.Create(CultureInfo.InvariantCulture, $"""
        ServerLimit {setup.Workers + 14}
        StartServers {setup.Workers}
        ThreadLimit {setup.Threads}
        ThreadsPerChild {setup.Threads}
        MaxRequestWorkers {(setup.Workers + (kind == ServerKind.ApacheWorker ? 1 : 0)) * setup.Threads}
        MinSpareThreads {((setup.Workers - 1) * setup.Threads) + 1}
        MaxSpareThreads {setup.Workers * setup.Threads}
        """);

    // A port that offered HTTP/2 would say so in its answers; it has a virtual host of its own.
    private static string Host(int port, string protocols, ServerSetup setup, ServerPlaces places)
    {
        var text = new StringBuilder();
        foreach (var place in setup.Places)
        {
            Write(text, place);
        }

        return $$"""
            <VirtualHost 127.0.0.1:{{port}}>
            {{protocols}}
            CustomLog {{places.AccessLog}} common
            AllowEncodedSlashes On
            Alias /control {{places.Static}}/control
            Alias /static {{places.Static}}
            {{Spelling.ForApache(setup.HostOptions)}}
            {{setup.Apache.Host}}
            {{text}}
            </VirtualHost>
            """;
    }

    // An application at a prefix as ModHostAlias, which leaves room for Alias; elsewhere as ModHostPass.
    private static void Write(StringBuilder text, Place place)
    {
        var path = place.Path.Length > 1 ? place.Path.TrimEnd('/') : place.Path;
        var inside = place.Options;
        if (place is { Matching: Matching.Prefix, InSection: false } && Spelling.Of(place.Options).ToArray() is [("pass", { Length: > 0 } pass), .. var rest])
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"ModHostAlias {path} {Spelling.ApacheValue("pass", pass)}");
            inside = string.Join(';', rest.Select(option => $"{option.Item1} {option.Item2}"));
        }

        if (inside.Length + place.Apache.Length == 0)
        {
            return;
        }

        var begin = place.Matching switch
        {
            Matching.Exact => $"LocationMatch \"^{Regex.Escape(path)}$\"",
            Matching.Regex => $"LocationMatch \"{path}\"",
            _ => $"Location \"{path}\"",
        };
        text.AppendLine(CultureInfo.InvariantCulture, $"<{begin}>\n{Spelling.ForApache(inside)}\n{place.Apache}\n</{begin.Split(' ')[0]}>");
    }

    // A group has one name in all of the server; the first virtual host declares it.
    private static ServerSetup WithoutGroups(ServerSetup setup) => setup with
    {
        HostOptions = string.Join(';', Spelling.Of(setup.HostOptions)
            .Where(option => option.Name != "daemon_process").Select(option => $"{option.Name} {option.Value}")),
    };

    // Further lines of an event belong to its first.
    [GeneratedRegex(@":(alert|emerg|crit)\](?! \[pid [^]]*\] (app ""[^""]*"": )?    )|exit signal|AH00046")]
    private static partial Regex AlarmingLine();
}
