using System.Security.Cryptography;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>
/// A NuGet package folder for builds under test. ModHost's own packages keep their version from build to build, so the
/// user's package folder would give yesterday's; this one has links to everything else that is there, and is named
/// after the content of ModHost's packages.
/// </summary>
internal static class PackageFolder
{
    private static readonly Lazy<Task<string>> s_folder = new(() => Task.Run(Make));

    public static async Task<IReadOnlyDictionary<string, string?>> Environment(string scratch) => new Dictionary<string, string?>
    {
        ["NUGET_PACKAGES"] = await s_folder.Value,
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["TMPDIR"] = scratch,
    };

    private static async Task<string> Make()
    {
        var folder = Path.Combine(Settings.Cache, "packages-" + Stamp());
        Directory.CreateDirectory(folder);
        await using var alone = await LockFile.Take(folder + ".lock");
        var usual = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (!Directory.Exists(usual))
        {
            return folder;
        }

        foreach (var package in Directory.EnumerateDirectories(usual))
        {
            var name = Path.GetFileName(package);
            var link = Path.Combine(folder, name);
            if (!name.StartsWith("modhost.", StringComparison.OrdinalIgnoreCase) && !Path.Exists(link))
            {
                Directory.CreateSymbolicLink(link, package);
            }
        }

        return folder;
    }

    private static string Stamp()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var packages = Directory.Exists(Settings.Packages) ? Directory.EnumerateFiles(Settings.Packages, "*.nupkg") : [];
        foreach (var package in packages.Order(StringComparer.Ordinal))
        {
            hash.AppendData(File.ReadAllBytes(package));
        }

        return Convert.ToHexString(hash.GetHashAndReset())[..16].ToLowerInvariant();
    }
}
