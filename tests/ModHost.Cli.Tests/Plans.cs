using ModHost.Cli.Applications;
using ModHost.Cli.Configuration;

namespace ModHost.Cli.Tests;

/// <summary>Plans for tests, the same on every machine.</summary>
internal static class Plans
{
    public static ServerPlaces Places { get; } =
        new("/opt/modhost/lib/module.so", "/tmp/modhost-0123456789abcdef/run", "/tmp/modhost-0123456789abcdef/state")
        {
            Folder = "/tmp/modhost-0123456789abcdef",
            ServerVersion = new Version(1, 22, 1),
            ServerModules = "/usr/lib/apache2/modules",
        };

    public static Application App { get; } = new("/srv/shop/Shop.dll", "/srv/shop", ApplicationKind.Assembly);

    /// <summary>No option given.</summary>
    public static ServerPlan Plain { get; } = new() { App = App, Places = Places, Port = 8080 };

    /// <summary>What a site logs where nothing else is wanted.</summary>
    public static LogPlan SiteLogs { get; } =
        new() { Access = "/var/log/shop.access.log", Error = "/var/log/shop.error.log", Format = "combined" };

    /// <param name="kind">"daemon", "https" or both with a dash.</param>
    public static ServerPlan Of(string kind)
    {
        var secure = kind.Contains("https", StringComparison.Ordinal);
        return Plain with
        {
            Group = kind.Contains("daemon", StringComparison.Ordinal) ? "shop" : null,
            HttpsPort = secure ? 8443 : null,
            Certificate = secure ? "/etc/ssl/shop.pem" : null,
            Key = secure ? "/etc/ssl/shop.key" : null,
        };
    }

    /// <summary>Every option given.</summary>
    public static ServerPlan Full { get; } = Plain with
    {
        Group = "shop",
        User = "shop",
        UserGroup = "shop",
        Hosts = ["*"],
        Ipv6 = true,
        HttpsPort = 8443,
        Certificate = "/etc/ssl/shop.pem",
        Key = "/etc/ssl/shop key.pem",
        Http2 = true,
        ServerNames = ["shop.example", "www.shop.example"],
        TrustedProxies = ["10.0.0.0/8", "::1"],
        Mount = "/shop",
        DocumentRoot = "/srv/shop/wwwroot",
        Precompressed = true,
        Aliases = [new UrlAlias("/media", "/srv/my media")],
        Includes = ["/etc/shop/more.conf"],
        Workers = "2",
        Processes = "3",
        MaxConcurrency = 50,
        RequestLimit = "10m",
        Compress = true,
        Timeouts = new Timeouts
        {
            Startup = "50s",
            Request = "30s",
            Queue = "5s",
            Graceful = "20s",
            Shutdown = "8s",
            Inactivity = "10m",
            KeepAlive = "15s",
            Client = "12s",
        },
        Environment = [new NameValue("Greeting", "say \"hello\" \\ $world"), new NameValue("Empty", "")],
        WorkingDirectory = "/srv/shop/data",
        DotnetRoot = "/opt/dotnet",
        ReloadOn = "/srv/shop",
        DetailedErrors = true,
        Logs = new LogPlan { Level = "debug", Access = "/var/log/shop.log", Format = "json" },
    };
}
