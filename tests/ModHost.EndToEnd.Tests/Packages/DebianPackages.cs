using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Packages;

/// <summary>Packages of the tree under test in two versions, made once for all tests; and of Debian's what they need.</summary>
public sealed class DebianPackages : IAsyncLifetime
{
    private static readonly string[] s_apache = ["apache2", "apache2-data", "apache2-utils"];

    private static readonly (string Program, string Package)[] s_needs =
    [
        ("/usr/bin/dpkg-buildpackage", "dpkg-dev"), ("/usr/bin/dh", "debhelper"), ("/usr/bin/dh_nginx", "nginx-dev"),
        ("/usr/bin/dh_apache2", "apache2-dev"), ("/usr/bin/lintian", "lintian"),
    ];

    /// <summary>Two folders: old and new.</summary>
    public string Folder { get; } = Settings.NewFolder("packages");

    private static string Script => Path.Combine(Settings.RepositoryRoot, "build", "package");

    /// <summary>Programs that build/package needs, and the package of one that is missing.</summary>
    public static string? Missing => s_needs.FirstOrDefault(need => !File.Exists(need.Program)).Package;

    public async Task InitializeAsync()
    {
        if (Missing is null)
        {
            await Make("0.1.0-1", Path.Combine(Folder, "old"));
            await Make("0.1.0-2", Path.Combine(Folder, "new"));
        }
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Debian's packages of Apache as a service, of the version of the programs that are here. False: they cannot be had.</summary>
    public static async Task<bool> FetchApache(string output)
    {
        var (code, version) = await Child.TryRun("/usr/bin/dpkg-query", ["-W", "-f", "${Version}", "apache2-bin"]);
        Directory.CreateDirectory(output);
        return code == 0 && (await Child.TryRun("/usr/bin/apt-get",
            ["-q", "-o", "APT::Sandbox::User=root", "download", .. s_apache.Select(name => $"{name}={version.Trim()}")], output)).Code == 0;
    }

    // Packs what is under test.
    private static Task<string> Make(string version, string output) => Child.Run(Script,
        ["--tree", Settings.Dist, "--version", version, "--quick", "--output", output],
        environment: new Dictionary<string, string?> { ["MODHOST_ARTIFACTS"] = output + ".work" });
}
