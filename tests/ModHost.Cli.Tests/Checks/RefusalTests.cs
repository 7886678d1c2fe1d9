using ModHost.Cli.Checks;
using ModHost.Cli.WebServers;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Checks;

/// <summary>A remedy for whatever a web server refuses.</summary>
public class RefusalTests
{
    private static readonly Installation s_installation = new(Settings.Dist);

    [Theory]
    [InlineData("MH0107: \"/srv/Shop.dll\": the framework Microsoft.AspNetCore.App 9.0.4 is not installed: \"/usr/share/dotnet\" has 10.0.1 in x:3",
        "apt-get install aspnetcore-runtime-9.0")]
    [InlineData("MH0107: the framework Microsoft.NETCore.App 8.0.0 is not installed", "apt-get install dotnet-runtime-8.0")]
    [InlineData("MH0109: \"/srv/Shop.so\" does not export modhost_initialize", "dotnet add package ModHost.AspNetCore, then dotnet publish -r linux-")]
    [InlineData("MH0226: user=shop is not a user in /etc/nginx/nginx.conf:5", "adduser --system --group --no-create-home shop")]
    [InlineData("MH0222: no process group \"shop\"", "declare it with modhost_daemon_process")]
    [InlineData("MH0202: modhost_pass: unknown parameter", "see directives (docs/directives.md)")]
    [InlineData("MH0220: unknown key", "see its keys (docs/directives.md)")]
    [InlineData("getpwnam(\"shop\") failed in /etc/nginx/nginx.conf:2", "adduser --system --group --no-create-home shop")]
    [InlineData("unknown directive \"modhost_pass\" in /etc/nginx/nginx.conf:2", "load the module: modhost module-config nginx")]
    [InlineData("module \"/m/ngx_http_modhost_module.so\" version 1022001 instead of 1024000 in x:1", "install ModHost's module for this version: apt-get install --reinstall libnginx-mod-http-modhost")]
    [InlineData("module \"/m/ngx_http_modhost_module.so\" is not binary compatible in x:1", "install ModHost's module for this version")]
    [InlineData("module \"/m/ngx_other.so\" is not binary compatible in x:1", "install that module for nginx")]
    [InlineData("bind() to 0.0.0.0:80 failed (13: Permission denied)", "ports below 1024 need root")]
    [InlineData("invalid number of arguments in \"listen\" directive in x:1", "correct it there, and type nginx -t")]
    public void A_refusal_has_what_to_type(string reason, string remedy) =>
        Assert.StartsWith(remedy, Refusal.Remedy(Server(WebServerChoice.Nginx), reason), StringComparison.Ordinal);

    [Theory]
    [InlineData("Invalid command 'ModHostAlias', perhaps misspelled", "load the module: modhost module-config apache")]
    [InlineData("MH0208: \"/x\" is not there", "install lib/modhost, or set ModHostManagedDirectory")]
    [InlineData("MH0231: the run directory \"/nowhere/at/all\" is longer than 62 bytes", "set ModHostRunDirectory")]
    [InlineData("AH00543: apache2: bad user name shop", "adduser --system --group --no-create-home shop")]
    public void Of_Apaches_in_Apaches_words(string reason, string remedy) =>
        Assert.StartsWith(remedy, Refusal.Remedy(Server(WebServerChoice.Apache), reason), StringComparison.Ordinal);

    [Fact]
    public void Every_tag_of_applications_and_configuration_has_a_remedy()
    {
        var tags = ErrorReference.Tags.Where(tag => tag.StartsWith("MH01", StringComparison.Ordinal)
            || tag.StartsWith("MH02", StringComparison.Ordinal)).ToArray();

        Assert.InRange(tags.Length, 40, 200);
        Assert.All(tags, tag => Assert.Matches("^[^`|]{8,}$", Refusal.Remedy(Server(WebServerChoice.Nginx), $"{tag}: something")));
        Assert.All(Refusal.Tags, tag => Assert.Contains(tag, ErrorReference.Tags));
    }

    private static WebServer Server(string name) => WebServerChoice.Installed(name, s_installation);
}
