using ModHost.Development;

namespace ModHost.Cli.Configuration;

/// <content>Places and files.</content>
internal sealed partial class NginxWriter
{
    // What $modhost_page ends with: the client is on this machine, and asks for one of its names.
    private const string Here = "-here-known";

    private const string AppLocation = "@modhost_app";
    private const string OpenLocation = "@modhost_open";

    private static readonly string s_jsonFormat = (
        "{'time':'$time_iso8601','client':'$remote_addr','method':'$request_method','uri':'$request_uri',"
        + "'protocol':'$server_protocol','status':$status,'bytes':$body_bytes_sent,'seconds':$request_time,"
        + "'worker':'$modhost_worker','appSeconds':'$modhost_app_time','agent':'$http_user_agent',"
        + "'referer':'$http_referer'}").Replace('\'', '"');

    private static void WriteLocations(ConfigurationText text, ServerPlan plan)
    {
        foreach (var alias in plan.Aliases)
        {
            text.Block($"location ^~ {Quote(alias.Url + "/")} {{", "}",
                () => text.Line($"alias {Quote(Plain(alias.Folder) + "/")};"));
        }

        if (plan.StatusPath.Length > 0)
        {
            text.Block($"location = {Quote(plan.StatusPath)} {{", "}",
                () => text.Line("modhost_status;").Line("allow 127.0.0.1;").Line("allow ::1;").Line("deny all;"));
        }

        if (plan.DocumentRoot is { } root)
        {
            WriteFiles(text, plan, root);
            return;
        }

        WriteDevelopment(text, plan, plan.Development);
        text.Block($"location {Quote(plan.Mount + "/")} {{", "}", () =>
        {
            text.Line($"modhost_pass {Pass(plan)};");
            if (plan.Development?.BuildingFile is not null)
            {
                // The gate lets everybody pass in the end: where addresses or passwords guard as well, their word counts, too.
                text.Line($"auth_request {DevelopmentPlan.Gate};").Line("satisfy all;");
                text.Line($"error_page 403 = {DevelopmentPlan.Error};");
            }

            if (plan.Development is { Refresh: true })
            {
                text.Line("sub_filter $modhost_head "
                    + $"'<script src=\"{DevelopmentPlan.Script}?worker=$modhost_worker\" async></script></head>';");
            }
        });
    }

    // Files first, then the application: it is asked for what is no file, and for every method that files do not have.
    private static void WriteFiles(ConfigurationText text, ServerPlan plan, string root)
    {
        if (plan.Mount.Length > 0)
        {
            text.Block($"location = {Quote(plan.Mount)} {{", "}",
                () => text.Line($"return 301 {Quote(plan.Mount + "/")}$is_args$args;"));
        }

        text.Block($"location {Quote(plan.Mount + "/")} {{", "}", () =>
        {
            text.Line(plan.Mount.Length == 0 ? $"root {Quote(Plain(root))};" : $"alias {Quote(Plain(root) + "/")};");
            text.LineIf(plan.Precompressed, "gzip_static on;");
            text.Line($"try_files {FileVariable(plan)} {AppLocation};");
        });
        text.Block($"location {AppLocation} {{", "}",
            () => text.Line($"modhost_pass {Pass(plan)} {Quote("path_base=" + plan.Mount)};"));
    }

    // Empty for methods that files do not have: nothing is found then.
    private static void WriteFileVariable(ConfigurationText text, ServerPlan plan)
    {
        if (plan.DocumentRoot is not null)
        {
            text.Block($"map $request_method {FileVariable(plan)} {{", "}",
                () => text.Line("default \"\";").Line("GET $uri;").Line("HEAD $uri;"));
        }
    }

    // Where the script goes. Nothing is replaced where there is nothing to find: others have no use for the script, and what
    // is encoded stays what it is.
    private static void WriteHeadVariable(ConfigurationText text, ServerPlan plan)
    {
        if (plan.Development is { Refresh: true })
        {
            text.Block("map $modhost_page:$sent_http_content_encoding $modhost_head {", "}",
                () => text.Line("default \"\";").Line($"~{Here}:$ </head>;"));
        }
    }

    private static string FileVariable(ServerPlan plan) => $"$modhost_file_{plan.Identifier}";

    // On this machine a page is replaced by what went wrong; whatever else asks is answered by the version that there is.
    private static void WriteDevelopment(ConfigurationText text, ServerPlan plan, DevelopmentPlan? development)
    {
        if (development is null)
        {
            return;
        }

        text.Line("set $modhost_page \"\";");
        text.Line($"if (-f {Quote(development.ErrorFile)}) {{ set $modhost_page error; }}");
        text.LineIf(development.BuildingFile, $"if (-f {Quote(development.BuildingFile ?? "")}) {{ set $modhost_page wait; }}");
        text.Line("if ($http_accept ~ text/html) { set $modhost_page \"${modhost_page}-html\"; }");
        text.Line("if ($remote_addr ~ \"^(127\\.|::1$)\") { set $modhost_page \"${modhost_page}-here\"; }");
        text.Line($"if ($host ~* {Quote(LocalHosts.Pattern(plan.ServerNames))}) {{ set $modhost_page \"${{modhost_page}}-known\"; }}");
        text.Line($"if ($modhost_page = error{DevelopmentPlan.ForPage}) {{ rewrite ^(?!{DevelopmentPlan.Prefix}) {DevelopmentPlan.Error} last; }}");
        text.Block($"location ^~ {DevelopmentPlan.Prefix} {{", "}", () =>
        {
            text.Line($"if ($modhost_page !~ {Here}$) {{ return 403; }}").Line("access_log off;");
            text.Line("proxy_http_version 1.1;").Line("proxy_buffering off;").Line("proxy_read_timeout 1h;");
            // The error page is shown in place of any request.
            text.Line("proxy_pass_request_body off;").Line("proxy_set_header Content-Length \"\";");
            text.Line($"proxy_pass http://unix:{development.Socket}:;");
        });
        if (development.BuildingFile is not null)
        {
            WriteGate(text, development);
        }
    }

    // Asked before a request is passed on, of whatever method: its body stays where it is, unread, until the answer comes.
    // 403 is the word for "the build has failed, and this is a page". A command that is gone keeps nobody.
    private static void WriteGate(ConfigurationText text, DevelopmentPlan development)
    {
        text.Block($"location = {DevelopmentPlan.Gate} {{", "}", () =>
        {
            text.Line("internal;");
            text.Line($"if ($modhost_page = error{DevelopmentPlan.ForPage}) {{ return 403; }}");
            text.Line("if ($modhost_page !~ ^wait) { return 204; }");
            text.Line("set $args $modhost_page;");
            text.Line("proxy_pass_request_headers off;").Line("proxy_pass_request_body off;");
            text.Line("proxy_set_header Content-Length \"\";");
            text.Line(Invariant($"proxy_read_timeout {DevelopmentPlan.LongestWait}s;"));
            text.Line($"error_page 500 502 504 = {OpenLocation};");
            text.Line($"proxy_pass http://unix:{development.Socket}:;");
        });
        text.Block($"location {OpenLocation} {{", "}", () => text.Line("return 204;"));
    }

    private static string Pass(ServerPlan plan) =>
        Quote(plan.App.Path) + (plan.Group is null ? "" : $" process_group={plan.Group}");

    private static void WriteTypes(ConfigurationText text)
    {
        text.Block("types {", "}", () =>
        {
            foreach (var (type, names) in ContentTypes.All)
            {
                text.Line($"{type} {names};");
            }
        });
        text.Line("default_type application/octet-stream;");
    }

    private static void WriteCompression(ConfigurationText text, ServerPlan plan)
    {
        if (plan.Compress)
        {
            text.Line("gzip on;").Line("gzip_vary on;").Line("gzip_proxied any;");
            text.Line($"gzip_types {string.Join(' ', ContentTypes.Compressible)};");
        }
    }

    private static void WriteLogs(ConfigurationText text, ServerPlan plan, bool site)
    {
        var logs = plan.Logs;
        text.Line(logs.Access == "off" ? "access_log off;"
            : $"access_log {Target(logs.Access, "/dev/stdout")} {FormatName(plan)};");
        if (site && logs.Error is { } error)
        {
            text.Line($"error_log {Quote(error)} {logs.Level};");
        }
    }

    private static void WriteLogFormat(ConfigurationText text, ServerPlan plan)
    {
        if (plan.Logs.Access == "off" || plan.Logs.Format == "combined")
        {
            return;
        }

        var format = plan.Logs.Format switch
        {
            "short" => """$remote_addr "$request" $status $body_bytes_sent $request_time""",
            "json" => s_jsonFormat,
            var own => own,
        };
        var escaping = plan.Logs.Format == "json" ? "escape=json " : "";
        text.Line($"log_format {FormatName(plan)} {escaping}'{format.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("'", "\\'", StringComparison.Ordinal)}';");
    }

    private static string FormatName(ServerPlan plan) =>
        plan.Logs.Format == "combined" ? "combined" : $"modhost_{plan.Identifier}";

    private static string Target(string? file, string otherwise) => file is null ? otherwise : Quote(file);

    // In directives for files '$' begins a variable, and nothing takes that away.
    private static string Plain(string path) => !path.Contains('$', StringComparison.Ordinal) ? path
        : throw CommandException.Wrong($"nginx cannot serve files from {path}: no '$' may be in the path");

    /// <summary>One word, whatever is in it.</summary>
    internal static string Quote(string value) =>
        value.Length > 0 && value.All(character => char.IsAsciiLetterOrDigit(character) || "/._-=:,@+%".Contains(character))
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
