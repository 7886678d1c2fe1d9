using ModHost.Cli.Checks;

namespace ModHost.Cli.Tests.Checks;

/// <summary>Configurations, as their servers print them, become what they say.</summary>
public class DirectiveTests
{
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
                    set $place /a${uri}b;
                    location / { modhost_pass "/srv/my shop/Shop.dll" process_group=shop; }
                }
            }
            """);

        Assert.Equal(["user", "http", "log_format", "server", "listen", "set", "location", "modhost_pass"], found.Select(one => one.Name));
        var pass = found.Single(one => one.Name == "modhost_pass");
        Assert.Equal(["http", "server", "location"], pass.Block);
        Assert.Equal(["modhost_pass", "/srv/my shop/Shop.dll", "process_group=shop"], pass.Words);
        Assert.Equal("$remote_addr; {\"a\"} it's", found.Single(one => one.Name == "log_format").Words[2]);
        Assert.Equal("/a${uri}b", found.Single(one => one.Name == "set").Words[2]);
    }

    [Fact]
    public void What_is_included_stands_where_it_is_included()
    {
        var found = NginxDirectives.Read("""
            # configuration file /etc/nginx/nginx.conf:
            http {
                modhost_process_group shop;
                include conf.d/*.conf;
                include /etc/nginx/sites-enabled/*;
            }
            # configuration file /etc/nginx/conf.d/b.conf:
            second on;
            # configuration file /etc/nginx/conf.d/a.conf:
            first on;
            # configuration file /etc/nginx/conf.d/a.conf.old:
            never on;
            # configuration file /etc/nginx/sites-enabled/shop:
            server { location / { modhost_pass /srv/Shop.dll; } }
            """);

        Assert.Equal(["http", "modhost_process_group", "first", "second", "server", "location", "modhost_pass"], found.Select(one => one.Name));
        Assert.Equal(["http", "server", "location"], found[^1].Block);
        Assert.Equal("shop", found.Inherited(found[^1], "modhost_process_group"));
    }

    [Theory]
    [InlineData("conf.d/nothing[.conf", "")]
    [InlineData("conf.d/odd[.conf", "odd")]
    [InlineData("conf.d/[z-a]*", "")]
    [InlineData("conf.d/[!a]*.conf", "b odd")]
    [InlineData("conf.d/[^b-o]*.conf", "a")]
    [InlineData("conf.d/[]a]*", "a")]
    [InlineData("conf.d/?.conf", "a b")]
    [InlineData("conf.d[!a]b.conf", "")]
    public void Patterns_of_includes_are_those_of_glob(string pattern, string names)
    {
        var found = NginxDirectives.Read($"""
            # configuration file /etc/nginx/nginx.conf:
            include {pattern};
            # configuration file /etc/nginx/conf.d/a.conf:
            a on;
            # configuration file /etc/nginx/conf.d/b.conf:
            b on;
            # configuration file /etc/nginx/conf.d/odd[.conf:
            odd on;
            """);

        Assert.Equal(names, string.Join(' ', found.Select(one => one.Name)));
    }

    [Fact]
    public void A_comment_that_looks_like_the_start_of_a_file_is_none()
    {
        var found = NginxDirectives.Read("""
            # configuration file /etc/nginx/nginx.conf:
            include conf.d/a.conf;
            # configuration file /etc/nginx/nginx.conf:
            last on;
            # configuration file /etc/nginx/conf.d/a.conf:
            first on;
            # configuration file /etc/nginx/nginx.conf:
            second on;
            """);

        Assert.Equal(["first", "second", "last"], found.Select(one => one.Name));
    }

    [Fact]
    public void Programs_in_Lua_are_not_directives()
    {
        var found = NginxDirectives.Read("""
            http {
                init_by_lua_block { local a = { b = "c" }; modhost_pass = {} }
                server { location / { set_by_lua_block $x { return ({ 1 })[1]; } modhost_pass /srv/Shop.dll; } }
            }
            content_by_lua_block { if {
            """);

        Assert.Equal(["http", "init_by_lua_block", "server", "location", "set_by_lua_block", "modhost_pass", "content_by_lua_block"],
            found.Select(one => one.Name));
        Assert.Equal(["http", "server", "location"], found.Single(one => one.Name == "modhost_pass").Block);
    }

    [Fact]
    public void An_applications_group_is_the_nearest_that_is_named()
    {
        var configuration = Nginx("""
            http {
                server {
                    modhost_process_group inner;
                    location /a { modhost_pass /srv/a.dll; }
                    location /b { modhost_pass /srv/b.dll process_group=own; }
                    location /c { modhost_process_group embedded; modhost_pass /srv/c.dll; }
                }
                server { location / { modhost_pass /srv/d.dll; } }
                modhost_process_group outer;
                server { location / { modhost_pass e.dll process_group=embedded; } }
            }
            """);

        Assert.Equal(
            [("/srv/a.dll", "inner"), ("/srv/b.dll", "own"), ("/srv/c.dll", null), ("/srv/d.dll", "outer"), ("/opt/nginx/e.dll", null)],
            configuration.Applications.Select(one => (one.Path, one.Group)));
    }

    [Fact]
    public void What_nginx_was_built_with_counts_where_nothing_is_said()
    {
        var configuration = Nginx("http { modhost_run_directory run/; server { server_name a; } server { listen 127.0.0.1:81; } }");

        Assert.Equal("/opt/nginx/run", configuration.RunDirectory);
        Assert.Null(configuration.Drain);
        Assert.Contains(configuration.Listens, place => place.Port is 80 or 8000);
        Assert.Contains(configuration.Listens, place => place.Port == 81);
        Assert.Equal(30_000, Nginx("worker_shutdown_timeout 30s;").Drain);
    }

    [Fact]
    public void Apaches_directives_are_read_as_mod_info_prints_them()
    {
        var configuration = new ApacheConfiguration(ApacheDirectives.Read("""
            # In file: /etc/apache2/apache2.conf
            #  82:
            PidFile /var/run/apache2/apache2.pid
            #  83:
            GracefulShutdownTimeout 20
            # In file: /etc/apache2/ports.conf
            #   5:
            Listen 80
            Listen 127.0.0.1:8443 https
            # In file: /etc/apache2/sites-enabled/shop.conf
            #   1:
            ModHostDaemonProcess shop graceful_timeout=20s "env=A=b c"    shutdown-timeout=5s
            <VirtualHost *:80>
              ServerAdmin 'a "b" c'
              modhostprocessgroup shop
              <Location /b>
                ModHostProcessGroup embedded
                ModHostPass "/srv/my b.dll"
              </Location>
              ModHostAlias /a /srv/a.dll
              ModHostAlias /c c.dll process-group=other
            </VirtualHost>
            ModHostAlias /d /srv/d.dll
            """), """
            ServerRoot: "/etc/apache2"
            Main DocumentRoot: "/var/www/html"
            PidFile: "/nowhere/apache2.pid"
            Define: DUMP_RUN_CFG
            User: name="root" id=0
            Group: name="root" id=0
            """).Read(service: true);

        Assert.Equal([("/srv/a.dll", "shop"), ("/etc/apache2/c.dll", "other"), ("/srv/d.dll", null), ("/srv/my b.dll", null)],
            configuration.Applications.Select(one => (one.Path, one.Group)));
        var group = Assert.Single(configuration.Groups);
        Assert.Equal((20_000L, 5_000L, "A=b c"), (group.Time("graceful-timeout", 1), group.Time("shutdown-timeout", 1), group["env"]));
        Assert.Equal([(80, true), (8443, false)], configuration.Listens.Select(place => (place.Port, place.BothFamilies)));
        Assert.Equal(20_000, configuration.Drain);
        Assert.Equal("root", configuration.User.Name);
        Assert.Null(configuration.Process);
    }

    [Theory]
    [InlineData("80", "0.0.0.0", 80, false)]
    [InlineData("*:81", "0.0.0.0", 81, false)]
    [InlineData("127.0.0.1", "127.0.0.1", 80, false)]
    [InlineData("127.0.0.1:82 ssl", "127.0.0.1", 82, false)]
    [InlineData("[::]:83", "::", 83, false)]
    [InlineData("[::1]", "::1", 80, false)]
    [InlineData("[::]:84 ipv6only=off", "::", 84, true)]
    public void Nginx_listens_at(string words, string address, int port, bool both)
    {
        var place = Assert.Single(ListenPlace.OfNginx(words.Split(' ')));

        Assert.Equal((address, port, both), (place.Address!.ToString(), place.Port, place.BothFamilies));
    }

    [Fact]
    public void Not_everything_that_nginx_listens_at_is_a_port_of_TCP()
    {
        Assert.Equal([8000, 8001, 8002], ListenPlace.OfNginx(["8000-8002"]).Select(place => place.Port));
        Assert.Equal("/run/shop.sock", Assert.Single(ListenPlace.OfNginx(["unix:/run/shop.sock"])).Socket);
        Assert.Empty(ListenPlace.OfNginx(["443", "quic", "reuseport"]));
    }

    [Theory]
    [InlineData("30", 30_000L)]
    [InlineData("500ms", 500L)]
    [InlineData("1m30s", 90_000L)]
    [InlineData("1min 30s", 90_000L)]
    [InlineData("2h", 7_200_000L)]
    [InlineData("1.5min", 90_000L)]
    [InlineData("1.5h 0.25s", 5_400_250L)]
    [InlineData("9223372036854775807ms", long.MaxValue)]
    [InlineData("9223372036854775808ms", null)]
    [InlineData("1.", null)]
    [InlineData("1..5", null)]
    [InlineData("1111111111111111111111111111111111111111111111111111111111111111.!", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData("5 parsecs", null)]
    public void Times_are_those_of_all_who_write_them(string text, long? milliseconds) =>
        Assert.Equal(milliseconds, TimeText.Milliseconds(text));

    private static ServerConfiguration Nginx(string text) =>
        new NginxConfiguration(NginxDirectives.Read(text), "configure arguments: --prefix=/opt/nginx --pid-path=/nowhere/nginx.pid")
            .Read(service: false);
}
