using System.Text.Json;
using ModHost.EndToEnd.Tests.Packages;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Setup;

/// <summary><c>modhost setup-server --system</c> on a machine of its own, with ModHost as a tree and not as packages.</summary>
public sealed class SetupServerTests : IDisposable
{
    private const string Command = "/opt/modhost/bin/modhost setup-server /srv/shop --system --name shop --mode daemon "
        + "--user www-data --server-name shop.localhost --server ";

    private const string Ask = "curl -sS --max-time 60 -H 'Host: shop.localhost' http://127.0.0.1/json";

    private readonly string _folder = Settings.NewFolder("setup");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public async Task A_site_is_written_once_served_changed_and_never_overwritten_where_it_was_edited(string server)
    {
        await using var root = await Machine(server);
        var rotation = "/etc/logrotate.d/modhost-shop";
        var before = await root.Changed();

        // What would be written, and nothing is.
        var dry = await root.Run(Command + server + " --dry-run");
        Assert.Contains($"# {rotation} (new)", dry, StringComparison.Ordinal);
        Assert.Contains(server == "nginx" ? "modhost_pass /srv/shop" : "ModHostAlias / /srv/shop", dry, StringComparison.Ordinal);
        Assert.Equal(before, await root.Changed());

        // All of it works.
        var said = await root.Run(Command + server);
        Assert.Contains($"new: {rotation}", said, StringComparison.Ordinal);
        await root.Run($"! command -v logrotate || logrotate --debug {rotation}");
        await root.Run("shopctl configtest && shopctl start");
        await Answers(root);
        Assert.Equal(1, await Workers(root));

        // The same again changes nothing.
        var files = await Written(root);
        Assert.DoesNotContain(": /", await root.Run(Command + server), StringComparison.Ordinal);
        Assert.Equal(files, await Written(root));

        // Another option: the site alone is another.
        said = await root.Run(Command + server + " --processes 2");
        Assert.Equal($"replaced: /etc/{Unit(server)}/sites-available/shop.conf", said.Split('\n')[0]);
        await root.Run("shopctl reload");
        await Wait.Until("there are two workers", async () => await Workers(root) == 2);

        // What was edited stays, and so does all else.
        await root.Run($"sed -i 's/rotate 14/rotate 99/' {rotation}");
        files = await Written(root);
        var (code, refused) = await root.TryRun(Command + server + " --processes 3");
        Assert.Equal(1, code);
        Assert.Equal($"modhost: {rotation} was edited, and nothing was written; --force overwrites it", refused.Trim());
        Assert.Equal(files, await Written(root));
        Assert.Contains($"# {rotation} (edited)", await root.Run(Command + server + " --dry-run"), StringComparison.Ordinal);
        await root.Run(Command + server + " --processes 3 --force");
        Assert.Contains("rotate 14", await root.Run("cat " + rotation), StringComparison.Ordinal);

        await Answers(root);
        await root.Run("shopctl stop");
        await Wait.For("no process is left", () => root.Run("ps -eo args | grep -E 'modhost|nginx:|apache2' | grep -vF grep || true"),
            text => text.Trim().Length == 0);
        Assert.Equal("", (await root.Run("ls -A /run/modhost")).Trim());
    }

    private async Task<PackageRoot> Machine(string server)
    {
        Skip.IfNot(await PackageRoot.IsPossible(), "namespaces and overlays need root, and a kernel that has them");
        var apache = Path.Combine(_folder, "apache2");
        Directory.CreateDirectory(apache);
        Skip.If(server == "apache" && !await DebianPackages.FetchApache(apache), "apt-get download apache2 has no answer");
        var app = Path.GetDirectoryName(await AppBuild.Of("Hello", AppRuntime.Jit))!;
        var root = await PackageRoot.Start((Settings.Dist, "/opt/modhost"), (app, "/srv/shop"), (apache, "/srv/apache2"));
        if (server == "apache")
        {
            await root.Run("dpkg -i /srv/apache2/*.deb");
        }

        await root.TryRun($"service {Unit(server)} stop");
        return root;
    }

    private static string Unit(string server) => server == "nginx" ? "nginx" : "apache2";

    private static Task<string> Answers(PackageRoot root) => Wait.For("the site answers",
        async () => (await root.TryRun(Ask)).Output, text => text.Contains("Hello, World!", StringComparison.Ordinal));

    private static async Task<int> Workers(PackageRoot root)
    {
        using var json = JsonDocument.Parse(await root.Run("/opt/modhost/bin/modhost status --json --run-directory /run/modhost"));
        return json.RootElement[0].GetProperty("status").GetProperty("groups")[0].GetProperty("workers").EnumerateArray()
            .Count(worker => worker.GetProperty("state").GetString() == "ready");
    }

    // With inode numbers: what is written anew has another one.
    private static Task<string> Written(PackageRoot root) =>
        root.Run("find /etc /usr/local/sbin -name '*shop*' -o -name '*modhost*' | sort | xargs -d '\\n' stat -c '%i %Y %N'");
}
