using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Packages;

/// <summary>Packages of the tree under test, and of Debian's what they need.</summary>
internal static class DebianPackages
{
    private static readonly string[] s_apache = ["apache2", "apache2-data", "apache2-utils"];

    private static readonly (string Program, string Package)[] s_needs =
    [
        ("/usr/bin/dpkg-buildpackage", "dpkg-dev"), ("/usr/bin/dh", "debhelper"), ("/usr/bin/dh_nginx", "nginx-dev"),
        ("/usr/bin/dh_apache2", "apache2-dev"), ("/usr/bin/lintian", "lintian"),
    ];

    public static string Script => Path.Combine(Settings.RepositoryRoot, "build", "package");

    /// <summary>Programs that build/package needs, and the package of one that is missing.</summary>
    public static string? Missing => s_needs.FirstOrDefault(need => !File.Exists(need.Program)).Package;

    /// <summary>Packs <see cref="Settings.Dist"/>.</summary>
    public static Task Make(string version, string output) => Child.Run(Script,
        ["--tree", Settings.Dist, "--version", version, "--quick", "--output", output],
        environment: new Dictionary<string, string?> { ["MODHOST_ARTIFACTS"] = output + ".work" });

    /// <summary>Debian's packages of Apache as a service, of the version of the programs that are here. False: they cannot be had.</summary>
    public static async Task<bool> FetchApache(string output)
    {
        var (code, version) = await Child.TryRun("/usr/bin/dpkg-query", ["-W", "-f", "${Version}", "apache2-bin"]);
        Directory.CreateDirectory(output);
        return code == 0 && (await Child.TryRun("/usr/bin/apt-get",
            ["-q", "-o", "APT::Sandbox::User=root", "download", .. s_apache.Select(name => $"{name}={version.Trim()}")], output)).Code == 0;
    }
}
