using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Whether all parts are of one version: those of two do not talk to each other (MH0117, MH0603).</summary>
internal static partial class VersionChecks
{
    /// <summary>Of this command, and so what all else is to be.</summary>
    public static string Own { get; } = typeof(VersionChecks).Assembly.GetName().Version?.ToString(3) ?? "";

    public static IEnumerable<Finding> Of(Installation installation, WebServer server) =>
        Of(Parts(installation, server).Where(part => part.Version is not null).Select(part => (part.Path, part.Version!)));

    /// <summary>What there is; a version is null where the part is not there, or does not tell.</summary>
    public static IEnumerable<(string Path, string? Version)> Parts(Installation installation, WebServer server) =>
    [
        (server.Module, Marked(server.Module)),
        (Watchdog(installation), Marked(Watchdog(installation))),
        (installation.Supervisor, Told(installation.Supervisor)),
        (Embedded(installation), OfAssembly(Embedded(installation))),
    ];

    /// <summary>The same, of parts whose versions are known.</summary>
    public static IEnumerable<Finding> Of(IEnumerable<(string Path, string Version)> parts)
    {
        var others = parts.Where(part => part.Version != Own).ToArray();
        return others.Length == 0 ? [Finding.Good("version", $"{Own}, all parts")]
            : others.Select(part => Finding.Bad("version", $"{part.Path} is {part.Version}, and this command {Own}", Refusal.Reinstall));
    }

    /// <summary>What native/core leaves in each file that it is part of; null: there is no such file, or no mark in it.</summary>
    public static string? Marked(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var mark = "modhost-version="u8;
        var bytes = File.ReadAllBytes(path).AsSpan();
        var at = bytes.IndexOf(mark);
        if (at < 0)
        {
            return null;
        }

        var text = bytes[(at + mark.Length)..];
        return text.IndexOf((byte)0) is >= 0 and < 64 and var end ? Encoding.UTF8.GetString(text[..end]) : null;
    }

    private static string Watchdog(Installation installation) => Path.Combine(installation.Managed, "modhost-watchdog");

    private static string Embedded(Installation installation) => Path.Combine(installation.Managed, "ModHost.Embedded.dll");

    // One that cannot be run is told of as such, and one that does not know the question is older than it.
    private static string? Told(string program)
    {
        try
        {
            return !File.Exists(program) ? null
                : Number().Match(Programs.Output(program, ["--version"]).Text) is { Success: true } match ? match.Groups[1].Value
                : "of an earlier version";
        }
        catch (CommandException)
        {
            return null;
        }
    }

    private static string? OfAssembly(string path) => File.Exists(path)
        && Plain().Match(FileVersionInfo.GetVersionInfo(path).FileVersion ?? "") is { Success: true } match ? match.Value : null;

    [GeneratedRegex(@"^modhostd (\S+)")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\d+\.\d+\.\d+")]
    private static partial Regex Plain();
}
