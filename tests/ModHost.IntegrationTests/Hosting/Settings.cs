using System.Reflection;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>A web server, and of Apache its way to have processes and threads.</summary>
internal enum ServerKind
{
    Nginx,
    ApacheEvent,
    ApacheWorker,
    ApachePrefork,
}

/// <summary>Where things are, and how much to do; all from the environment.</summary>
internal static class Settings
{
    /// <summary>The repository that these tests were built from.</summary>
    public static string RepositoryRoot { get; } = Path.GetFullPath(typeof(Settings).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "RepositoryRoot").Value!);

    /// <summary>The installable tree under test (MODHOST_DIST).</summary>
    public static string Dist { get; } =
        Path.GetFullPath(Environment.GetEnvironmentVariable("MODHOST_DIST") ?? Path.Combine(RepositoryRoot, "artifacts", "dist"));

    /// <summary>Published applications, kept from run to run by content (MODHOST_TEST_CACHE).</summary>
    public static string Cache { get; } =
        Path.GetFullPath(Environment.GetEnvironmentVariable("MODHOST_TEST_CACHE") ?? Path.Combine(RepositoryRoot, "artifacts", "test-cache"));

    /// <summary>
    /// What one run of several cells needs to publish only once (MODHOST_TEST_SHARED); without it each keeps its own.
    /// </summary>
    public static string? Shared { get; } =
        Environment.GetEnvironmentVariable("MODHOST_TEST_SHARED") is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    /// <summary>Whether loops run at their full counts (MODHOST_FULL=1).</summary>
    public static bool Full { get; } = Environment.GetEnvironmentVariable("MODHOST_FULL") == "1";

    /// <summary>
    /// Whether applications run in process groups (MODHOST_TEST_MODE=daemon) or, by default, in the web server.
    /// </summary>
    public static bool Daemon { get; } = Environment.GetEnvironmentVariable("MODHOST_TEST_MODE") switch
    {
        "daemon" => true,
        null or "" or "embedded" => false,
        var other => throw new InvalidOperationException($"MODHOST_TEST_MODE={other} is neither embedded nor daemon."),
    };

    /// <summary>The web server that this run tests (MODHOST_TEST_SERVER): nginx, apache-event, apache-worker, apache-prefork.</summary>
    public static string ServerName => Environment.GetEnvironmentVariable("MODHOST_TEST_SERVER") is { Length: > 0 } name ? name : "nginx";

    /// <summary>The same.</summary>
    public static ServerKind Server { get; } = ServerName switch
    {
        "nginx" => ServerKind.Nginx,
        "apache-event" => ServerKind.ApacheEvent,
        "apache-worker" => ServerKind.ApacheWorker,
        "apache-prefork" => ServerKind.ApachePrefork,
        var other => throw new InvalidOperationException($"MODHOST_TEST_SERVER={other} is no web server."),
    };

    /// <summary>The nginx under test.</summary>
    public static string Nginx { get; } = Environment.GetEnvironmentVariable("MODHOST_NGINX") ?? "/usr/sbin/nginx";

    public static string NginxModule => Path.Combine(Dist, "lib", "nginx", "modules", "ngx_http_modhost_module.so");

    /// <summary>The Apache under test, and where its own modules are.</summary>
    public static string Apache { get; } = Environment.GetEnvironmentVariable("MODHOST_APACHE") ?? "/usr/sbin/apache2";

    public static string ApacheModules { get; } = Environment.GetEnvironmentVariable("MODHOST_APACHE_MODULES") ?? "/usr/lib/apache2/modules";

    public static string ApacheModule => Path.Combine(Dist, "lib", "apache2", "modules", "mod_modhost.so");

    public static string Packages => Path.Combine(Dist, "packages");

    public static string Apps => Path.Combine(RepositoryRoot, "tests", "apps");

    /// <summary>A count, or a part of it by default.</summary>
    public static int Count(int full, int usual) => Full ? full : usual;

    /// <summary>A new folder that workers of any user can enter and write to.</summary>
    public static string NewFolder(string name)
    {
        var unique = $"modhost-tests-{Environment.ProcessId}-{name}-{Guid.NewGuid().ToString("N")[..8]}";
        var path = Path.Combine(Path.GetTempPath(), unique);
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ff);
        return path;
    }
}
