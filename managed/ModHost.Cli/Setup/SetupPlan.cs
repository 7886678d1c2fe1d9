using System.Globalization;
using ModHost.Cli.Configuration;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Setup;

/// <summary>The files that make an application a service of a web server's.</summary>
/// <param name="Name">Of the site.</param>
/// <param name="StopSeconds">What the service has to give a stop.</param>
internal sealed record SetupPlan(string Name, WebServer Server, ServerPlan Plan, int StopSeconds)
{
    // What the packages' drop-ins give to a stop.
    private const int PackagedStopSeconds = 75;

    public bool IsNginx => Server.Name == WebServerChoice.Nginx;

    private string Unit => IsNginx ? "nginx" : "apache2";

    /// <summary>In the order in which they are written: the site comes last, when all that it needs is there.</summary>
    public IReadOnlyList<SetupFile> Files =>
    [
        Module, DropIn, TemporaryFiles, Rotation, Control, Site,
    ];

    /// <summary>The same, without what Debian's packages of ModHost have brought already.</summary>
    /// <param name="root">Of the system.</param>
    public IEnumerable<SetupFile> FilesFor(string root) => Files.Where(file => !(IsPackaged(root)
        && (file == Module || file == TemporaryFiles || (file == DropIn && StopSeconds <= PackagedStopSeconds))));

    private bool IsPackaged(string root) => File.Exists(Path.Combine(root, IsNginx
        ? "usr/share/nginx/modules-available/mod-http-modhost.conf" : "etc/apache2/mods-available/modhost.load"));

    /// <summary>Links that make the site one that is served, and modules that it needs ones that are loaded.</summary>
    public IEnumerable<(string Link, string Target)> Enabled => IsNginx
        ? [($"etc/nginx/sites-enabled/{Name}.conf", $"../sites-available/{Name}.conf")]
        : ApacheWriter.ModulesOf(Plan).SelectMany(module => (string[])[$"{module}.load", $"{module}.conf"])
            .Select(file => ($"etc/apache2/mods-enabled/{file}", $"../mods-available/{file}"))
            .Append(($"etc/apache2/sites-enabled/{Name}.conf", $"../sites-available/{Name}.conf"));

    private SetupFile Site => new(IsNginx ? $"etc/nginx/sites-available/{Name}.conf" : $"etc/apache2/sites-available/{Name}.conf",
        $"{Name}.conf", Server.Writer.Site(Plan));

    private SetupFile Module => IsNginx
        ? new("etc/nginx/modules-enabled/50-mod-http-modhost.conf", "module.conf", Server.Writer.ModuleLines(Plan.Places))
        : new("etc/apache2/mods-enabled/modhost.load", "module.load", Server.Writer.ModuleLines(Plan.Places));

    // See docs/operations.md: Debian's own unit ends everything after ten seconds.
    private SetupFile DropIn => new($"etc/systemd/system/{Unit}.service.d/modhost.conf", $"{Unit}.service.conf", Invariant(
        $"""
        [Service]
        ExecStop=
        KillSignal={(IsNginx ? "SIGQUIT" : "SIGWINCH")}
        KillMode=mixed
        TimeoutStopSec={StopSeconds}
        OOMPolicy=continue
        LimitNOFILE=65536
        RuntimeDirectory=modhost
        StateDirectory=modhost

        """));

    private static SetupFile TemporaryFiles => new("etc/tmpfiles.d/modhost.conf", "tmpfiles.conf",
        """
        d /run/modhost 0755 root root -
        d /var/lib/modhost 0755 root root -

        """);

    private SetupFile Rotation => new($"etc/logrotate.d/modhost-{Name}", "logrotate.conf", Invariant(
        $$"""
        /var/log/{{Unit}}/{{Name}}.*.log {
            daily
            rotate 14
            missingok
            notifempty
            compress
            delaycompress
            create 0640 www-data adm
            sharedscripts
            postrotate
                {{(IsNginx ? "[ ! -f /run/nginx.pid ] || kill -USR1 \"$(cat /run/nginx.pid)\"" : "apachectl graceful")}}
            endscript
        }

        """));

    private SetupFile Control => new($"usr/local/sbin/{Name}ctl", $"{Name}ctl", Invariant(
        $$"""
        #!/bin/sh
        # {{Name}}ctl start|stop|restart|graceful|configtest|deploy|status|logs
        set -eu

        configtest() {
            {{(IsNginx ? "nginx -t" : "apachectl configtest")}}
        }

        # As a service where there is systemd, else by the server's own means.
        service_or() {
            if [ -d /run/systemd/system ]; then
                systemctl "$1" {{Unit}}
            else
                shift
                "$@"
            fi
        }

        case "${1:-}" in
            start) configtest && service_or start {{(IsNginx ? "nginx" : "apachectl start")}} ;;
            stop) service_or stop {{(IsNginx ? "nginx -s quit" : "apachectl graceful-stop")}} ;;
            restart) configtest && service_or restart {{(IsNginx ? "sh -c 'nginx -s quit; while [ -f /run/nginx.pid ]; do sleep 0.1; done; nginx'" : "apachectl restart")}} ;;
            graceful | reload) configtest && service_or reload {{(IsNginx ? "nginx -s reload" : "apachectl graceful")}} ;;
            configtest) configtest ;;
            deploy) {{(Plan.Group is null ? (IsNginx ? "configtest && nginx -s reload" : "configtest && apachectl graceful") : $"exec modhost reload {Plan.Group}")}} ;;
            status) exec modhost status{{(Plan.Group is null ? "" : " " + Plan.Group)}} ;;
            logs) exec {{(Plan.Group is null ? $"tail -n 20 -f /var/log/{Unit}/{Name}.error.log" : $"modhost logs {Plan.Group} --follow")}} ;;
            *)
                echo "usage: ${0##*/} start|stop|restart|graceful|configtest|deploy|status|logs" >&2
                exit 2
                ;;
        esac

        """), Executable: true);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
