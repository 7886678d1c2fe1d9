using ModHost.Cli.Setup;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Tests;

public sealed class SetupPlanTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("nginx", "usr/share/nginx/modules-available/mod-http-modhost.conf")]
    [InlineData("apache", "etc/apache2/mods-available/modhost.load")]
    public void What_packages_have_brought_is_not_written_again(string server, string packaged)
    {
        var plan = Plan(server, stopSeconds: 45);
        Assert.Equal(plan.Files, plan.FilesFor(_root));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, packaged))!);
        File.WriteAllText(Path.Combine(_root, packaged), "");

        Assert.Equal(["logrotate.conf", "shopctl", "shop.conf"], plan.FilesFor(_root).Select(file => file.Name));
    }

    [Fact]
    public void A_longer_end_than_the_packages_give_needs_a_drop_in_of_its_own()
    {
        const string Packaged = "usr/share/nginx/modules-available";
        Directory.CreateDirectory(Path.Combine(_root, Packaged));
        File.WriteAllText(Path.Combine(_root, Packaged, "mod-http-modhost.conf"), "");

        var dropIn = Assert.Single(Plan("nginx", stopSeconds: 300).FilesFor(_root), file => file.Name == "nginx.service.conf");
        Assert.Contains("TimeoutStopSec=300", dropIn.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void Files_beside_the_site_are_what_they_were(string server)
    {
        var files = Plan(server, stopSeconds: 45).Files.Where(file => !file.Name.EndsWith("shop.conf", StringComparison.Ordinal)
            && !file.Name.StartsWith("module.", StringComparison.Ordinal));

        Baseline.Check($"tests/ModHost.Cli.Tests/Goldens/setup.{server}.txt",
            string.Concat(files.Select(file => $"==> {file.Name} <==\n{file.Text}\n")));
    }

    [Fact]
    public void Apaches_own_modules_that_a_site_needs_are_loaded()
    {
        var links = Plan("apache", stopSeconds: 45).Enabled.ToArray();

        Assert.Contains(("etc/apache2/mods-enabled/ssl.load", "../mods-available/ssl.load"), links);
        Assert.Equal(("etc/apache2/sites-enabled/shop.conf", "../sites-available/shop.conf"), links[^1]);
        Assert.DoesNotContain(links, link => link.Link.Contains("mpm", StringComparison.Ordinal));
    }

    private static SetupPlan Plan(string server, int stopSeconds) =>
        new("shop", WebServerChoice.Installed(server, new Installation("/opt/modhost")), Plans.Full, stopSeconds);
}
