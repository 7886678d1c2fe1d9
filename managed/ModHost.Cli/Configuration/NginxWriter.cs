using System.Globalization;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Configuration;

/// <summary>A plan in nginx's words.</summary>
internal sealed partial class NginxWriter : IConfigurationWriter
{
    // From here on HTTP/2 is a directive of its own.
    private static readonly Version s_http2Directive = new(1, 25, 1);

    private static readonly string[] s_temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

    public string FileName => "nginx.conf";

    public string ModuleLines(ServerPlaces places) => $"load_module {Quote(places.Module)};\n";

    public string Whole(ServerPlan plan)
    {
        var text = new ConfigurationText();
        text.Line($"# Written by modhost {(plan.Development is null ? "start-server" : "dev")}, for one run.");
        text.Line($"load_module {Quote(plan.Places.Module)};");
        text.Line("daemon off;");
        text.LineIf(plan.User, $"user {plan.User} {plan.UserGroup};".Replace(" ;", ";", StringComparison.Ordinal));
        text.Line($"worker_processes {plan.Workers};");
        text.Line(Invariant($"worker_rlimit_nofile {plan.Places.OpenFiles};"));
        text.Line($"worker_shutdown_timeout {ShutdownTimeout(plan)};");
        text.Line($"pid {Quote(plan.Places.PidFile)};");
        text.Line($"error_log {Target(plan.Logs.Error, "stderr")} {plan.Logs.Level};");
        text.Line();
        text.Block("events {", "}", () => text.Line(Invariant($"worker_connections {plan.Connections};")));
        text.Line();
        text.Block("http {", "}", () => WriteHttp(text, plan));
        return text.ToString();
    }

    public string Site(ServerPlan plan)
    {
        var text = new ConfigurationText();
        text.Line("# Written by modhost setup-server.");
        text.LineIf(plan.DotnetRoot, $"modhost_dotnet_root {Quote(plan.DotnetRoot ?? "")};");
        WriteGroup(text, plan);
        WriteLogFormat(text, plan);
        WriteFileVariable(text, plan);
        text.Line();
        text.Block("server {", "}", () => WriteServer(text, plan, site: true));
        return text.ToString();
    }

    private static void WriteHttp(ConfigurationText text, ServerPlan plan)
    {
        var places = plan.Places;
        WriteTypes(text);
        text.Line("sendfile on;").Line("tcp_nopush on;").Line("server_tokens off;");
        WriteLogFormat(text, plan);
        WriteFileVariable(text, plan);
        WriteHeadVariable(text, plan);
        foreach (var name in s_temporary)
        {
            text.Line($"{name}_temp_path {Quote(Path.Combine(places.Folder, "tmp", name))};");
        }

        text.LineIf(places.Run, $"modhost_run_directory {Quote(places.Run ?? "")};");
        text.LineIf(places.State, $"modhost_state_directory {Quote(places.State ?? "")};");
        text.LineIf(places.Managed, $"modhost_managed_directory {Quote(places.Managed ?? "")};");
        text.LineIf(plan.DotnetRoot, $"modhost_dotnet_root {Quote(plan.DotnetRoot ?? "")};");
        WriteGroup(text, plan);
        text.Line();
        text.Block("server {", "}", () =>
        {
            text.Line($"listen unix:{places.StatusSocket};").Line("access_log off;");
            text.Block("location / {", "}", () => text.Line("modhost_status;"));
        });
        text.Line();
        text.Block("server {", "}", () => WriteServer(text, plan, site: false));
    }

    private static void WriteServer(ConfigurationText text, ServerPlan plan, bool site)
    {
        WriteListen(text, plan);
        text.Line($"server_name {(plan.ServerNames.Count > 0 ? string.Join(' ', plan.ServerNames) : "_")};");
        if (plan.Certificate is not null)
        {
            text.Line($"ssl_certificate {Quote(plan.Certificate)};").Line($"ssl_certificate_key {Quote(plan.Key!)};");
            text.Line("ssl_protocols TLSv1.2 TLSv1.3;").Line("ssl_session_cache shared:modhost:1m;");
        }

        WriteLogs(text, plan, site);
        WriteLimits(text, plan);
        WriteProxies(text, plan);
        WriteCompression(text, plan);
        foreach (var variable in plan.Environment)
        {
            text.Line($"modhost_env {Quote(variable.Name)} {Quote(variable.Value)};");
        }

        foreach (var include in plan.Includes)
        {
            text.Line($"include {Quote(Plain(include))};");
        }

        WriteLocations(text, plan);
    }

    private static void WriteListen(ConfigurationText text, ServerPlan plan)
    {
        var separate = plan.Places.ServerVersion >= s_http2Directive;
        var http2 = plan.Http2 && !separate ? " http2" : "";
        foreach (var address in ListenAddress.Of(plan, "*", "[::]"))
        {
            text.LineIf(plan.Port, Invariant($"listen {address}:{plan.Port};"));
            text.LineIf(plan.HttpsPort, Invariant($"listen {address}:{plan.HttpsPort} ssl{http2};"));
        }

        text.LineIf(plan.Http2 && separate, "http2 on;");
    }

    private static void WriteLimits(ConfigurationText text, ServerPlan plan)
    {
        // Without a limit of its own, ASP.NET Core's holds, which an application can change.
        text.Line($"client_max_body_size {plan.RequestLimit ?? "0"};");
        text.LineIf(plan.RequestLimit, $"modhost_max_request_body {plan.RequestLimit};");
        var limits = plan.Timeouts;
        text.LineIf(limits.KeepAlive, $"keepalive_timeout {limits.KeepAlive};");
        if (limits.Client is { } client)
        {
            text.Line($"client_header_timeout {client};").Line($"client_body_timeout {client};");
            text.Line($"send_timeout {client};");
        }

        text.LineIf(limits.Queue, $"modhost_queue_timeout {limits.Queue};");
        text.LineIf(limits.Request, $"modhost_request_timeout {limits.Request};");
        text.LineIf(plan.DetailedErrors, "modhost_detailed_errors on;");
        if (plan.Group is null)
        {
            text.LineIf(limits.Startup, $"modhost_startup_timeout {limits.Startup};");
            text.LineIf(limits.Shutdown, $"modhost_shutdown_timeout {limits.Shutdown};");
            text.LineIf(plan.MaxConcurrency, Invariant($"modhost_max_concurrency {plan.MaxConcurrency};"));
        }
    }

    private static void WriteProxies(ConfigurationText text, ServerPlan plan)
    {
        if (plan.TrustedProxies.Count == 0)
        {
            return;
        }

        foreach (var network in plan.TrustedProxies)
        {
            text.Line($"set_real_ip_from {network};");
        }

        text.Line("real_ip_header X-Forwarded-For;").Line("real_ip_recursive on;");
    }

    // Requests that wait for the next version are, after its reload, those of a worker that ends; their own time comes then.
    private static string ShutdownTimeout(ServerPlan plan)
    {
        var graceful = plan.Timeouts.Graceful ?? "30s";
        return plan.Development?.BuildingFile is null ? graceful
            : Invariant($"{(DevelopmentPlan.LongestWait * 1000) + OptionText.Time(graceful)}ms");
    }

    private static void WriteGroup(ConfigurationText text, ServerPlan plan)
    {
        if (plan.Group is null)
        {
            return;
        }

        var keys = GroupKeys.Of(plan);
        text.Line($"modhost_daemon_process {plan.Group}{string.Concat(keys.Select(key => $"\n        {Quote(key)}"))};");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
