using ModHost.Cli.Checks;

namespace ModHost.Cli.Tests;

public sealed class CheckTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Directives_are_read_with_their_blocks()
    {
        var found = NginxDirectives.Read("""
            # configuration file /etc/nginx/nginx.conf:
            user www-data;
            http {
                log_format main '$remote_addr; {"a"} it\'s'; # not; this
                server {
                    listen 80 default_server;
                    location / { modhost_pass "/srv/my shop/Shop.dll" process_group=shop; }
                }
            }
            """);

        Assert.Equal(["user", "http", "log_format", "server", "listen", "location", "modhost_pass"], found.Select(one => one.Name));
        var pass = found.Single(one => one.Name == "modhost_pass");
        Assert.Equal(["http", "server", "location"], pass.Block);
        Assert.Equal(["modhost_pass", "/srv/my shop/Shop.dll", "process_group=shop"], pass.Words);
        Assert.Equal("$remote_addr; {\"a\"} it's", found.Single(one => one.Name == "log_format").Words[2]);
    }

    [Fact]
    public void A_drop_in_has_the_last_word()
    {
        Put("lib/systemd/system/nginx.service", "[Service]\nTimeoutStopSec=5\nExecStop=/sbin/stop\nKillMode=mixed\n");
        Put("etc/systemd/system/nginx.service.d/modhost.conf", "[Service]\nExecStop=\nTimeoutStopSec=1min\n");

        var unit = SystemdUnit.Find(_root, "nginx.service")!;

        Assert.Equal(TimeSpan.FromMinutes(1), unit.StopTime);
        Assert.Equal("", unit["ExecStop"]);
        Assert.Equal("mixed", unit["KillMode"]);
        Assert.Null(SystemdUnit.Find(_root, "other.service"));
    }

    private void Put(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
