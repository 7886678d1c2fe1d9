using ModHost.Cli.Checks;

namespace ModHost.Cli.Tests.Checks;

/// <summary>What systemd's units are asked for.</summary>
public sealed class ServiceCheckTests : IDisposable
{
    private const string Good = "ExecStop=\nKillSignal=SIGQUIT\nKillMode=mixed\nTimeoutStopSec=75\nOOMPolicy=continue\n";

    private static readonly ServerConfiguration s_nginx = new()
    {
        Server = "nginx",
        IsService = true,
        User = new FileReader("www-data", 33),
        Applications = [new HostedApplication("/srv/Shop.dll", "shop")],
        Groups = [DeclaredGroup.From(["shop"])],
        Drain = 30_000,
        RunDirectory = "/run/modhost",
        StateDirectory = "/var/lib/modhost",
    };

    private readonly string _root = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_drop_in_has_the_last_word()
    {
        Unit("nginx.service", "TimeoutStopSec=5\nExecStop=/sbin/stop\nKillMode=mixed\n");
        DropIn("nginx.service", "ExecStop=\nTimeoutStopSec=1min\n");

        var unit = SystemdUnit.Find(_root, "nginx.service")!;

        Assert.Equal(60_000, unit.StopTime);
        Assert.Equal("", unit["ExecStop"]);
        Assert.Equal("mixed", unit["KillMode"]);
        Assert.Null(SystemdUnit.Find(_root, "other.service"));
    }

    [Theory]
    [InlineData("lib run etc", 3_000)]
    [InlineData("lib run", 2_000)]
    [InlineData("usr/lib lib", 1_000)]
    [InlineData("lib", 1_000)]
    public void Of_drop_ins_of_one_name_the_highest_counts(string places, long time)
    {
        Unit("nginx.service", "OOMPolicy=stop\n");
        foreach (var place in places.Split(' '))
        {
            var setting = place switch { "etc" => 3, "run" => 2, _ => 1 };
            Put($"{place}/systemd/system/nginx.service.d/a.conf", $"TimeoutStopSec={setting}\n" + (setting == 1 ? "Nice=1\n" : ""));
        }

        var unit = SystemdUnit.Find(_root, "nginx.service")!;

        Assert.Equal(time, unit.StopTime);
        Assert.Equal(time == 1_000 ? "1" : "", unit["Nice"]);
        Assert.Equal("stop", unit["OOMPolicy"]);
    }

    [Fact]
    public void A_unit_may_have_been_made_since_the_machine_started()
    {
        Put("run/systemd/system/nginx.service", "TimeoutStopSec=7\n");

        Assert.Equal(7_000, SystemdUnit.Find(_root, "nginx.service")?.StopTime);
    }

    [Fact]
    public void The_later_of_both_times_counts()
    {
        Unit("nginx.service", "TimeoutStopSec=5\n");
        DropIn("nginx.service", "TimeoutSec=1.5min\n");
        Assert.Equal(90_000, SystemdUnit.Find(_root, "nginx.service")!.StopTime);

        DropIn("nginx.service", "TimeoutSec=1min\nTimeoutStopSec=20\n");
        Assert.Equal(20_000, SystemdUnit.Find(_root, "nginx.service")!.StopTime);
    }

    [Fact]
    public void A_drop_in_that_leads_nowhere_says_nothing()
    {
        Unit("nginx.service", Good);
        Directory.CreateDirectory(Path.Combine(_root, "etc/systemd/system/nginx.service.d"));
        File.CreateSymbolicLink(Path.Combine(_root, "etc/systemd/system/nginx.service.d/lost.conf"), "/nowhere/lost.conf");

        Assert.Equal(["ok: nginx.service gives 75 s to stop, 45 are needed"], Findings(s_nginx));
    }

    [Fact]
    public void A_unit_that_gives_enough_time_is_good()
    {
        Unit("nginx.service", "TimeoutStopSec=5\nExecStop=-/sbin/start-stop-daemon --stop\nKillMode=mixed\n");
        DropIn("nginx.service", Good);

        Assert.Equal(["ok: nginx.service gives 75 s to stop, 45 are needed"], Findings(s_nginx));
    }

    [Fact]
    public void Debians_unit_ends_nginx_too_early()
    {
        Unit("nginx.service", "TimeoutStopSec=5\nExecStop=-/sbin/start-stop-daemon --stop\nKillMode=mixed\nOOMPolicy=continue\n");

        Assert.Equal(
        [
            "error: nginx.service gives 5 s to stop, 45 are needed → TimeoutStopSec=45 below [Service] in a drop-in: systemctl edit nginx",
            "error: ExecStop= of nginx.service ends nginx before its applications → ExecStop=, KillSignal=SIGQUIT below [Service] in a drop-in: systemctl edit nginx",
        ], Findings(s_nginx));
    }

    [Theory]
    [InlineData("shutdown-timeout=60s", "error: nginx.service gives 75 s to stop, 95 are needed")]
    [InlineData("shutdown_timeout=0", "error: nginx.service gives 75 s to stop, 95 are needed")]
    [InlineData("graceful-timeout=2m", "warning: nginx.service gives 75 s to stop, and graceful-timeout lets requests go on for 120 s")]
    [InlineData("graceful-timeout=75s", "ok: nginx.service gives 75 s to stop, 45 are needed")]
    public void A_groups_time_outs_have_to_fit_into_the_units(string key, string expected)
    {
        Unit("nginx.service", Good);

        var findings = Findings(s_nginx with { Groups = [DeclaredGroup.From(["shop", key])] });

        Assert.StartsWith(expected, Assert.Single(findings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_nobody_passes_to_takes_no_time()
    {
        Unit("nginx.service", Good);

        var groups = new[] { DeclaredGroup.From(["shop"]), DeclaredGroup.From(["other", "shutdown-timeout=1h"]) };
        Assert.StartsWith("ok", Assert.Single(Findings(s_nginx with { Groups = groups })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KillMode=mixed", "KillMode=process", "error: KillMode=process of nginx.service lets systemd kill nothing but the main process, and leaves workers behind")]
    [InlineData("KillMode=mixed", "KillMode=none", "error: KillMode=none of nginx.service lets systemd end nothing")]
    [InlineData("KillMode=mixed", "", "error: KillMode=control-group of nginx.service ends workers")]
    [InlineData("KillSignal=SIGQUIT", "", "warning: nginx.service stops nginx by a signal that breaks long requests off")]
    [InlineData("OOMPolicy=continue", "", "warning: nginx.service stops altogether when the kernel kills one worker")]
    [InlineData("OOMPolicy=continue", "OOMPolicy=continue\nProtectSystem=strict", "error: ProtectSystem=strict of nginx.service keeps it from writing to /run/modhost")]
    public void Each_setting_matters(string setting, string instead, string expected)
    {
        Unit("nginx.service", Good.Replace(setting, instead, StringComparison.Ordinal));

        Assert.Contains(Findings(s_nginx), line => line.StartsWith(expected, StringComparison.Ordinal) && line.Contains('→'));
    }

    [Fact]
    public void Without_a_limit_to_draining_connections_hold_up_a_stop()
    {
        Unit("nginx.service", Good);
        Unit("apache2.service", "KillMode=mixed\nOOMPolicy=continue\nExecStop=/usr/sbin/apachectl graceful-stop\n");

        Assert.Contains(Findings(s_nginx with { Drain = null }), line => line
            == "warning: without worker_shutdown_timeout a WebSocket holds up a stop for as long as it lives → worker_shutdown_timeout 30s; outside of http");
        Assert.Equal(
        [
            "warning: without GracefulShutdownTimeout a WebSocket holds up a stop for as long as it lives → GracefulShutdownTimeout 30 outside of virtual hosts",
            "ok: apache2.service gives 90 s to stop, 45 are needed",
            "warning: ExecStop= of apache2.service does not wait, and systemd's own signal then breaks long requests off → ExecStop=, KillSignal=SIGWINCH below [Service] in a drop-in: systemctl edit apache2",
        ], Findings(s_nginx with { Server = "apache", Drain = null }));
    }

    [Fact]
    public void Apache_is_stopped_by_another_signal()
    {
        Unit("httpd.service", Good.Replace("SIGQUIT", "SIGWINCH", StringComparison.Ordinal));
        Assert.Equal(["ok: httpd.service gives 75 s to stop, 45 are needed"], Findings(s_nginx with { Server = "apache" }));

        Unit("httpd.service", Good);
        Assert.Contains(Findings(s_nginx with { Server = "apache" }),
            line => line.StartsWith("warning: httpd.service stops apache by a signal that breaks long requests off", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_configuration_than_the_services_has_no_unit()
    {
        Unit("nginx.service", "TimeoutStopSec=1\n");

        Assert.Empty(Findings(s_nginx with { IsService = false }));
    }

    private string[] Findings(ServerConfiguration configuration) => [.. ServiceChecks.Of(configuration, _root).Select(finding =>
        $"{finding.Level.ToString().ToLowerInvariant()}: {finding.Text}"
        + (finding.Remedy.Length > 0 ? $" → {finding.Remedy}" : ""))];

    private void Unit(string name, string settings) => Put($"lib/systemd/system/{name}", settings);

    private void DropIn(string name, string settings) => Put($"etc/systemd/system/{name}.d/modhost.conf", settings);

    private void Put(string name, string settings)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "[Service]\n" + settings);
    }
}
