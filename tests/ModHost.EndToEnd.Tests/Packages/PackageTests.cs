using System.Text.Json;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Packages;

/// <summary>Debian packages on a machine of their own: installed, used, upgraded, purged.</summary>
public sealed class PackageTests(DebianPackages packages) : IClassFixture<DebianPackages>
{
    private const string Url = "http://shop.localhost/json";

    [SkippableTheory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task Installed_used_upgraded_under_load_and_purged(string server)
    {
        Skip.If(DebianPackages.Missing is not null, $"no packages can be made: {DebianPackages.Missing} is not installed");
        Skip.IfNot(await PackageRoot.IsPossible(), "namespaces and overlays need root, and a kernel that has them");
        var apache = Path.Combine(packages.Folder, "apache2");
        Skip.If(server == "apache" && !await DebianPackages.FetchApache(apache), "apt-get download apache2 has no answer");
        var app = Path.GetDirectoryName(await AppBuild.Of("Hello", AppRuntime.Jit))!;
        await using var root = await PackageRoot.Start((packages.Folder, "/srv/packages"), (app, "/srv/shop"),
            (Path.Combine(AppContext.BaseDirectory, "Packages"), "/srv/load"));
        var scene = new Scene(root, server);

        await scene.StartServer();
        var before = await root.Changed();
        await scene.Install("old");
        await scene.Use();
        await scene.Upgrade("new");
        await scene.RemoveSite();
        await scene.Purge();

        Assert.Equal([], (await root.Changed()).Except(before));
        await Wait.For("no process is left", () => root.Run("ps -eo args | grep -F modhost | grep -vF grep || true"), text => text.Trim().Length == 0);
    }

    /// <summary>What is the same for both web servers, and what is not.</summary>
    private sealed class Scene(PackageRoot root, string server)
    {
        private bool IsNginx => server == "nginx";

        private string Service => IsNginx ? "nginx" : "apache2";

        private string Module => IsNginx ? "libnginx-mod-http-modhost" : "libapache2-mod-modhost";

        private string Enabled => IsNginx ? "/etc/nginx/modules-enabled/50-mod-http-modhost.conf" : "/etc/apache2/mods-enabled/modhost.load";

        public async Task StartServer()
        {
            await root.Run("echo 127.0.0.1 shop.localhost >> /etc/hosts");
            if (!IsNginx)
            {
                await root.Run("dpkg -i /srv/packages/apache2/*.deb && apache2ctl configtest");
                // The programs alone, which this machine may have, start nothing.
                await root.Run("service apache2 status || service apache2 start");
                return;
            }

            await root.Run("nginx -t && (service nginx status || service nginx start)");
        }

        public async Task Install(string folder)
        {
            await root.Run($"dpkg -i /srv/packages/{folder}/modhost_*.deb /srv/packages/{folder}/{Module}_*.deb");

            Assert.Equal(IsNginx ? "/usr/share/nginx/modules-available/mod-http-modhost.conf" : "../mods-available/modhost.load",
                (await root.Run("readlink " + Enabled)).Trim());
            await root.Run(IsNginx ? "nginx -t" : "apache2ctl configtest");
            Assert.Contains(IsNginx ? "nginx-abi-" : "apache2-api-",
                await root.Run($"dpkg-query -W -f '${{Depends}}' {Module}"), StringComparison.Ordinal);
            Assert.Contains("KillMode=mixed", await root.Run($"cat /lib/systemd/system/{Service}.service.d/modhost.conf"), StringComparison.Ordinal);
            Assert.Contains("modhost \\- run ASP.NET", await root.Run("zcat /usr/share/man/man1/modhost.1.gz"), StringComparison.Ordinal);
        }

        public async Task Use()
        {
            await root.Run($"modhost setup-server /srv/shop --server {server} --system --name shop --mode daemon --processes 2 "
                + "--user www-data --server-name shop.localhost");
            await root.Run("shopctl configtest && shopctl reload");
            await Answers();
            Assert.DoesNotContain("error", await root.Run($"modhost check --server {server} || true"), StringComparison.Ordinal);
            Assert.Equal(2, (await Workers()).Count);
        }

        public async Task Upgrade(string folder)
        {
            var (supervisor, workers) = (await Supervisor(), await Workers());
            await using var load = root.Begin($"python3 /srv/load/load.py {Url} /run/stop 4");
            var installed = await root.Run($"dpkg -i /srv/packages/{folder}/modhost_*.deb /srv/packages/{folder}/{Module}_*.deb");
            try
            {
                await Wait.Until("another supervisor and other workers are there", async () => await Supervisor() != supervisor
                    && await Workers() is { Count: 2 } now && !now.Intersect(workers).Any());
            }
            catch (TimeoutException error)
            {
                throw new TimeoutException($"{error.Message}; before: {supervisor}, {string.Join(' ', workers)}; now: {await Status()}\n"
                    + $"{installed}\n{await root.Run($"tail -n 60 /var/log/{Service}/error.log")}", error);
            }

            Assert.DoesNotContain("not all supervisors", installed, StringComparison.Ordinal);
            await root.Run("touch /run/stop");
            await load.Exited();

            // "5710 200", and no other line.
            Assert.Matches(@"\A[1-9]\d+ 200\s*\z", load.Output);
            Assert.Contains("0.1.0-2", await root.Run("dpkg -s modhost"), StringComparison.Ordinal);
            await Answers();
        }

        public async Task RemoveSite() => await root.Run($"rm /etc/{Service}/sites-enabled/shop.conf /etc/{Service}/sites-available/shop.conf "
            + "/etc/logrotate.d/modhost-shop /usr/local/sbin/shopctl"
            + (IsNginx ? "" : " /etc/apache2/mods-enabled/rewrite.load"));

        public async Task Purge()
        {
            await root.Run($"dpkg --purge {Module} modhost");
            await root.Run(IsNginx ? "nginx -t && test ! -e /usr/lib/modhost" : "apache2ctl configtest && test ! -e /usr/lib/modhost");
            Assert.Equal("", (await root.Run("ls -d /var/lib/modhost /run/modhost /etc/*/*/*modhost* 2>/dev/null || true")).Trim());
            await root.Run("curl -fsS http://127.0.0.1/ -o /dev/null || test $? = 22");
        }

        private Task<string> Answers() => Wait.For("the site answers", async () => (await root.TryRun($"curl -sS --max-time 30 {Url}")).Output,
            text => text.Contains("Hello, World!", StringComparison.Ordinal));

        private async Task<int> Supervisor() => (await Status()).GetProperty("pid").GetInt32();

        private async Task<List<int>> Workers() => [.. (await Status()).GetProperty("groups")[0].GetProperty("workers").EnumerateArray()
            .Where(worker => worker.GetProperty("state").GetString() == "ready").Select(worker => worker.GetProperty("pid").GetInt32())];

        private async Task<JsonElement> Status()
        {
            using var json = JsonDocument.Parse(await root.Run("modhost status --json --run-directory /run/modhost"));
            return json.RootElement[0].GetProperty("status").Clone();
        }
    }
}
