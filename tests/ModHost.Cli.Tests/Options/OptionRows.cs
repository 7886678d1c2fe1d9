using System.Runtime.InteropServices;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Options;

/// <summary>All options that <c>start-server</c> and <c>setup-server</c> have together.</summary>
/// <param name="folder">With what the options name: see <see cref="Make"/>.</param>
internal sealed class OptionRows(string folder)
{
    private static readonly string[] s_daemon = ["--mode", "daemon"];

    // Of the runtime that this is: three folders below its root.
    private static readonly string s_dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."))
        .TrimEnd('/');

    private readonly string _port = $"{FreePort.Next()}";
    private readonly string _securePort = $"{FreePort.Next()}";

    private string Certificate => Path.Combine(folder, "shop.pem");

    private string Key => Path.Combine(folder, "shop.key");

    private string Include => Path.Combine(folder, "more.conf");

    private string Variables => Path.Combine(folder, "variables");

    private string Files => Path.Combine(folder, "files");

    private string AccessLog => Path.Combine(folder, "access.log");

    private string[] Https => ["--https-port", _securePort, "--certificate", Certificate, "--key", Key];

    /// <summary>What the options need: a certificate, files, folders.</summary>
    public void Make()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=shop.example", key,
            System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Include, "# nothing more\n");
        File.WriteAllText(Variables, "FromFile=1\n");
        Directory.CreateDirectory(Files);
    }

    /// <summary>Those that this user may use: root alone has others do the work.</summary>
    public IEnumerable<OptionRow> Possible => Environment.UserName == "root" ? All : All.Except(Users);

    public IEnumerable<OptionRow> All => [.. Places, .. Processes, .. Users, .. Application, .. Times, .. Logs];

    private OptionRow[] Places =>
    [
        Row(["--host", "127.0.0.2"], "listen 127.0.0.2:", "127.0.0.2:"),
        Row(["--port", _port], $":{_port}", $":{_port}"),
        Row(Https, $":{_securePort} ssl", $":{_securePort}"),
        Row(["--certificate", Certificate, "--key", Key, "--https-port", _securePort], $"ssl_certificate {Certificate}", $"SSLCertificateFile {Certificate}"),
        Row(["--key", Key, "--certificate", Certificate, "--https-port", _securePort], $"ssl_certificate_key {Key}", $"SSLCertificateKeyFile {Key}"),
        Row(["--http2"], "http2", "Protocols h2") with { Needs = Https },
        Row(["--server-name", "shop.example"], "server_name shop.example;", "ServerName shop.example"),
        Row(["--trust-proxy", "10.1.0.0/16"], "set_real_ip_from 10.1.0.0/16;", "RemoteIPTrustedProxy 10.1.0.0/16"),
        Row(["--mount-point", "/there"], "/there", "ModHostAlias /there "),
        Row(["--document-root", Files], $"root {Files};", $"DocumentRoot {Files}"),
        Row(["--no-document-root"], "try_files", "RewriteRule") with { TakesAway = true },
        Row(["--url-alias", $"/media={Files}"], $"alias {Files}/;", $"Alias /media/ {Files}/"),
        Row(["--include-file", Include], $"include {Include};", $"Include {Include}"),
    ];

    private static OptionRow[] Processes =>
    [
        Row(["--mode", "daemon"], "modhost_daemon_process ", "ModHostDaemonProcess "),
        Row(["--workers", "3"], "worker_processes 3;", "ServerLimit 3") with { InSites = false },
        Row(["--processes", "2"], "processes=2", "processes=2") with { Needs = s_daemon },
        Row(["--max-concurrency", "50"], "modhost_max_concurrency 50;", "ModHostMaxConcurrency 50"),
        Row(["--limit-request-body", "5m"], "client_max_body_size 5m;", "LimitRequestBody 5242880"),
        Row(["--compress"], "gzip on;", "AddOutputFilterByType DEFLATE"),
    ];

    private static OptionRow[] Users { get; } =
    [
        Row(["--user", "nobody"], "user=nobody", "user=nobody") with { Needs = s_daemon },
        Row(["--group", "www-data"], "group=www-data", "group=www-data") with { Needs = [.. s_daemon, "--user", "nobody"] },
    ];

    private OptionRow[] Application =>
    [
        Row(["--setenv", "Colour=green"], "modhost_env Colour green;", "ModHostSetEnv Colour green"),
        Row(["--env-file", Variables], "modhost_env FromFile 1;", "ModHostSetEnv FromFile 1"),
        Row(["--working-directory", Files], $"home={Files}", $"home={Files}") with { Needs = s_daemon },
        Row(["--dotnet-root", s_dotnet], $"modhost_dotnet_root {s_dotnet};", $"ModHostDotnetRoot {s_dotnet}"),
        Row(["--detailed-errors"], "modhost_detailed_errors on;", "ModHostDetailedErrors On"),
        Row(["--reload-on-changes"], "reload-on=", "reload-on=") with { Needs = s_daemon },
    ];

    private static OptionRow[] Times =>
    [
        Row(["--startup-timeout", "41s"], "modhost_startup_timeout 41s;", "ModHostStartupTimeout 41s"),
        Row(["--request-timeout", "42s"], "modhost_request_timeout 42s;", "ModHostRequestTimeout 42s"),
        Row(["--queue-timeout", "43s"], "modhost_queue_timeout 43s;", "ModHostQueueTimeout 43s"),
        Row(["--graceful-timeout", "44s"], "graceful-timeout=44s", "graceful-timeout=44s") with { Needs = s_daemon },
        Row(["--shutdown-timeout", "45s"], "modhost_shutdown_timeout 45s;", "ModHostShutdownTimeout 45s"),
        Row(["--inactivity-timeout", "46s"], "inactivity-timeout=46s", "inactivity-timeout=46s") with { Needs = s_daemon },
        Row(["--keep-alive-timeout", "47s"], "keepalive_timeout 47s;", "KeepAliveTimeout 47"),
        Row(["--client-timeout", "48s"], "client_body_timeout 48s;", "Timeout 48"),
    ];

    private OptionRow[] Logs =>
    [
        Row(["--access-log", AccessLog], $"access_log {AccessLog} ", $"CustomLog {AccessLog} "),
        Row(["--log-level", "debug"], " debug;", "LogLevel debug"),
        Row(["--log-format", "json"], "escape=json", "\\\"status\\\":"),
    ];

    private static OptionRow Row(string[] typed, string nginx, string apache) => new(typed, nginx, apache);
}
