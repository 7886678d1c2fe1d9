using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Whether all parts are there.</summary>
internal static class InstallationChecks
{
    private static readonly string[] s_roots = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet"];

    public static IEnumerable<Finding> Of(Installation installation, WebServer server)
    {
        yield return Finding.Good("web server", $"{server.Name} {server.Version} at {server.Program}");
        yield return ModuleChecks.Of(server);
        foreach (var program in (string[])[installation.Supervisor, Path.Combine(installation.Managed, "modhost-watchdog"),
            Path.Combine(installation.Managed, "modhost-worker")])
        {
            if (!File.Exists(program) || (File.GetUnixFileMode(program) & UnixFileMode.UserExecute) == 0)
            {
                yield return Finding.Bad("programs", $"{program} is not there, or cannot be executed", Refusal.Reinstall);
            }
        }

        yield return File.Exists(Path.Combine(installation.Managed, "ModHost.Embedded.dll"))
            ? Finding.Good("managed part", installation.Managed)
            : Finding.Bad("managed part", $"{installation.Managed} is not whole", Refusal.Reinstall);
        foreach (var finding in VersionChecks.Of(installation, server))
        {
            yield return finding;
        }
    }

    /// <summary>What applications can be run with. The web server's own check says whether it is what one asks for.</summary>
    /// <param name="configured">Where .NET is besides the usual places.</param>
    public static Finding Frameworks(IEnumerable<string> configured)
    {
        const string Location = "/etc/dotnet/install_location";
        var roots = configured.Concat(File.Exists(Location) ? [File.ReadAllText(Location).Trim()] : []).Concat(s_roots);
        var versions = roots.Distinct().Select(root => Path.Combine(root, "shared", "Microsoft.AspNetCore.App"))
            .Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(Path.GetFileName).Distinct().ToArray();
        return versions.Length > 0 ? Finding.Good(".NET", $"ASP.NET Core {string.Join(", ", versions)}")
            : Finding.Doubt(".NET", "no ASP.NET Core runtime is installed: only NativeAOT applications will run",
                "apt-get install aspnetcore-runtime-10.0, or say where it is (docs/directives.md)");
    }
}
