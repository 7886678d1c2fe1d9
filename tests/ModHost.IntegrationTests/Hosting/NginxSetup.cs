using System.Globalization;
using System.Text;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Where one nginx has its things: a private prefix and ports of its own.</summary>
internal sealed record NginxPlaces(string Prefix, int Port, int Http2Port, int TlsPort)
{
    public string ErrorLog => Path.Combine(Prefix, "error.log");

    public string AccessLog => Path.Combine(Prefix, "access.log");

    public string Configuration => Path.Combine(Prefix, "nginx.conf");

    public string PidFile => Path.Combine(Prefix, "nginx.pid");

    public string Static => Path.Combine(Prefix, "static");
}

/// <summary>What to write into nginx.conf, level by level.</summary>
internal sealed record NginxSetup
{
    public int Workers { get; init; } = 1;

    /// <summary>Workers that are processes of their own.</summary>
    public int Forked => Main.Contains("master_process off", StringComparison.Ordinal) ? 0 : Workers;

    /// <summary>Of each worker.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>A daemon, with a session of its own making: nginx upgrades its binary only then.</summary>
    public bool Detached { get; init; }

    /// <summary>In daemon mode: more keys of every process group.</summary>
    public string Groups { get; init; } = "";

    /// <summary>The configuration names its process groups itself, in whatever mode the tests run.</summary>
    public bool OwnGroups { get; init; }

    /// <summary>A command that runs nginx, with nginx's own command line after it.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    public string Main { get; init; } = "";

    public string Events { get; init; } = "";

    /// <summary>In the http block, before the server.</summary>
    public Func<NginxPlaces, string> Http { get; init; } = _ => "";

    /// <summary>In the server block; it listens on all three ports.</summary>
    public required Func<NginxPlaces, string> Server { get; init; }

    /// <summary>The usual case: one application at /.</summary>
    public static NginxSetup For(string app, string more = "") =>
        new() { Server = _ => $"location / {{ modhost_pass {app}; {more} }}" };

    /// <summary>The whole file.</summary>
    public string Write(NginxPlaces places)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $$"""
            load_module {{Settings.NginxModule}};
            daemon {{(Detached ? "on" : "off")}};
            worker_processes {{Workers}};
            worker_rlimit_nofile {{Math.Min(2 * Connections, ProcFs.MostDescriptors)}};
            pid {{places.PidFile}};
            error_log {{places.ErrorLog}} info;
            {{Main}}
            events {
                worker_connections {{Connections}};
                {{Events}}
            }
            http {
                access_log {{places.AccessLog}};
                client_body_temp_path {{places.Prefix}}/tmp-body;
                proxy_temp_path {{places.Prefix}}/tmp-proxy;
                fastcgi_temp_path {{places.Prefix}}/tmp-fastcgi;
                scgi_temp_path {{places.Prefix}}/tmp-scgi;
                uwsgi_temp_path {{places.Prefix}}/tmp-uwsgi;
                client_max_body_size 0;
                {{ProcessGroups.Declaration}}
                {{Http(places)}}
                server {
                    listen 127.0.0.1:{{places.Port}};
                    listen 127.0.0.1:{{places.Http2Port}} http2;
                    listen 127.0.0.1:{{places.TlsPort}} ssl http2;
                    server_name probe.test;
                    ssl_certificate {{places.Prefix}}/server.pem;
                    ssl_certificate_key {{places.Prefix}}/server.key;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    location = /nginx/return { return 200 "control"; }
                    location /static/ { root {{places.Prefix}}; }
                    {{Server(places)}}
                }
            }
            """);
        return Settings.Daemon && !OwnGroups ? ProcessGroups.Assign(text.ToString(), places, Groups) : text.ToString().Replace(ProcessGroups.Declaration, "", StringComparison.Ordinal);
    }
}
