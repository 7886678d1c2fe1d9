using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>nginx, as the distribution builds it.</summary>
internal sealed partial class Nginx : WebServer
{
    public override string Name => "nginx";

    public override string Program => Settings.Nginx;

    public override string ErrorPage => "<center>nginx";

    public override Regex Alarming => AlarmingLine();

    public override string Line => @"nginx\.conf:(\d+)";

    public override bool ConnectsAtOnce => true;

    public override string[] Start(ServerPlaces places, bool detached) => ["-p", places.Prefix, "-c", places.Configuration];

    public override string[] Check(ServerPlaces places) => ["-t", .. Start(places, detached: false)];

    public override int SignalFor(Order order) => order switch
    {
        Order.Reload => Signal.Hup,
        Order.Reopen => Signal.Usr1,
        Order.Quit => Signal.Quit,
        _ => Signal.Term,
    };

    public override Task<(int Code, string Output)> Tell(Order order, int master, ServerPlaces places)
    {
        Signal.Send(master, SignalFor(order));
        return Task.FromResult((0, ""));
    }

    public override bool Serves(ProcessState process) => ProcFs.CommandLine(process.Id) is var title
        && title.Contains("worker process", StringComparison.Ordinal) && !title.Contains("shutting down", StringComparison.Ordinal);

    public override string AtLevel(string level) => $@"\[{level}\]";

    public override string Killed(int worker) => $"worker process {worker} exited on signal";

    public override string Refusal(string reason) => $@"\[emerg\].*({reason})";

    public override int Connections(int worker) => ProcFs.Sockets(worker);

    public override string Write(ServerSetup setup, ServerPlaces places)
    {
        var text = new StringBuilder();
        foreach (var place in setup.Places)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"location {Match(place)} {{ {Spelling.ForNginx(place.Options)} {place.Nginx} }}");
        }

        return $$"""
            load_module {{Settings.NginxModule}};
            daemon {{(setup.Detached ? "on" : "off")}};
            worker_processes {{setup.Workers}};
            worker_rlimit_nofile {{Math.Min(2 * setup.Connections, ProcFs.MostDescriptors)}};
            pid {{places.PidFile}};
            error_log {{places.ErrorLog}} info;
            {{setup.Nginx.Main}}
            events {
                worker_connections {{setup.Connections}};
                {{setup.Nginx.Events}}
            }
            http {
                access_log {{places.AccessLog}};
                client_body_temp_path {{places.Prefix}}/tmp-body;
                proxy_temp_path {{places.Prefix}}/tmp-proxy;
                fastcgi_temp_path {{places.Prefix}}/tmp-fastcgi;
                scgi_temp_path {{places.Prefix}}/tmp-scgi;
                uwsgi_temp_path {{places.Prefix}}/tmp-uwsgi;
                client_max_body_size 0;
                {{Spelling.ForNginx(setup.Options)}}
                {{setup.Nginx.Http}}
                server {
                    listen 127.0.0.1:{{places.Port}};
                    listen 127.0.0.1:{{places.Http2Port}} http2;
                    listen 127.0.0.1:{{places.TlsPort}} ssl http2;
                    server_name probe.test;
                    ssl_certificate {{places.Prefix}}/server.pem;
                    ssl_certificate_key {{places.Prefix}}/server.key;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    location = /control { return 200 "control"; }
                    location /static/ { root {{places.Prefix}}; }
                    {{Spelling.ForNginx(setup.HostOptions)}}
                    {{setup.Nginx.Server}}
                    {{text}}
                }
            }
            """;
    }

    private static string Match(Place place) => place.Matching switch
    {
        Matching.Exact => "= " + place.Path,
        Matching.Regex => "~ " + place.Path,
        _ => place.Path,
    };

    [GeneratedRegex(@"\[(alert|emerg|crit)\]")]
    private static partial Regex AlarmingLine();
}
