using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>A configuration that its web server does not take, and what helps.</summary>
internal static partial class Refusal
{
    /// <summary>What helps where a part is missing, or of another version.</summary>
    public const string Reinstall = "install ModHost again, all of it from one build";

    private const string Runtime = "apt-get install aspnetcore-runtime-10.0";

    // What is to be typed, where a tag's own page has to be more general.
    private static readonly Dictionary<string, Func<string, string?>> s_byTag = new(StringComparer.Ordinal)
    {
        ["MH0101"] = _ => "deploy it there (dotnet publish -o FOLDER), or correct the path",
        ["MH0107"] = Framework,
        ["MH0108"] = _ => $"dotnet publish -r {Platform}",
        ["MH0109"] = _ => $"dotnet add package ModHost.AspNetCore, then dotnet publish -r {Platform} -p:ModHostLibrary=true",
        ["MH0111"] = _ => $"{Runtime}, or set modhost_dotnet_root",
        ["MH0226"] = User,
        ["MH0231"] = RunDirectory,
    };

    // In what nginx and Apache themselves say; the first that fits.
    private static readonly (Func<string, bool> Fits, Func<WebServer, string, string> Remedy)[] s_byWords =
    [
        (Any("unknown directive \"modhost_", "Invalid command 'ModHost"),
            (server, _) => $"load the module: modhost module-config {server.Name} prints the line"),
        (Any("is not binary compatible", "instead of", "different version of Apache", "API module structure", "undefined symbol"),
            OtherServer),
        (Any("cannot open shared object"), (_, _) => "install that module, or take its line out"),
        (Any("getpwnam(", "bad user name"),
            (_, reason) => $"adduser --system --group --no-create-home {NameIn(reason)}, or name another user"),
        (Any("getgrnam(", "bad group name"), (_, reason) => $"addgroup --system {NameIn(reason)}, or name another group"),
        (text => text.Contains("bind()", StringComparison.Ordinal) && text.Contains("Permission denied", StringComparison.Ordinal),
            (_, _) => "ports below 1024 need root: start it as root, or listen at another port"),
        (Any("Address family not supported"), (_, _) => "take the line with the IPv6 address out, or enable IPv6"),
        (text => Account.Effective != 0 && text.Contains("Permission denied", StringComparison.Ordinal),
            (_, _) => "run the check as root, which the web server is started by"),
        (Any("Cannot access directory", "No such file or directory"), (_, _) => "make what is missing, or correct the path"),
    ];

    private static string Platform => $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>Tags for which there is more than their page says.</summary>
    public static IEnumerable<string> Tags => s_byTag.Keys;

    /// <param name="reason">The sentence of the web server's.</param>
    public static Finding Of(WebServer server, string reason) => Finding.Bad("configuration", reason, Remedy(server, reason));

    public static string Remedy(WebServer server, string reason)
    {
        if (Tag().Match(reason) is { Success: true } match
            && ((s_byTag.GetValueOrDefault(match.Value)?.Invoke(reason)) ?? ErrorReference.Remedy(match.Value)) is { } remedy)
        {
            return server.Name == WebServerChoice.Nginx ? remedy : DirectiveNames.ToApache(remedy);
        }

        return s_byWords.FirstOrDefault(one => one.Fits(reason)).Remedy?.Invoke(server, reason)
            ?? $"correct it there, and type {(server.Name == WebServerChoice.Nginx ? "nginx -t" : "apachectl configtest")}";
    }

    private static string OtherServer(WebServer server, string reason) => !reason.Contains("modhost", StringComparison.Ordinal)
        ? $"install that module for {server.Name} {server.Version}"
        : "install ModHost's module for this version: apt-get install --reinstall "
            + (server.Name == WebServerChoice.Nginx ? "libnginx-mod-http-modhost" : "libapache2-mod-modhost")
            + $"; or build it with the headers of {server.Name} {server.Version}";

    // "the framework Microsoft.AspNetCore.App 9.0.0 is not installed"
    private static string? Framework(string reason) => AskedFor().Match(reason) is { Success: true } match
        ? $"apt-get install {(match.Groups[1].Value == "Microsoft.AspNetCore.App" ? "aspnetcore" : "dotnet")}-runtime-{match.Groups[2].Value}"
        : null;

    private static string? User(string reason) => NotThere().Match(reason) is { Success: true } match
        ? $"adduser --system --group --no-create-home {match.Groups[1].Value}, or correct the name" : null;

    private static string? RunDirectory(string reason) => InQuotes().Match(reason) is { Success: true } match
        && !reason.Contains("longer than", StringComparison.Ordinal) && Directory.Exists(match.Groups[1].Value)
        ? $"chown root {match.Groups[1].Value} && chmod 755 {match.Groups[1].Value}, or set modhost_run_directory" : null;

    private static string NameIn(string reason) => NamedUser().Match(reason) is { Success: true } match ? match.Groups[1].Value : "NAME";

    private static Func<string, bool> Any(params string[] words) => text => words.Any(word => text.Contains(word, StringComparison.Ordinal));

    [GeneratedRegex(@"\bMH\d{4}\b")]
    private static partial Regex Tag();

    [GeneratedRegex(@"the framework (Microsoft\.(?:AspNetCore|NETCore)\.App) (\d+\.\d+)")]
    private static partial Regex AskedFor();

    [GeneratedRegex(@"user=(\S+) is not a user")]
    private static partial Regex NotThere();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex InQuotes();

    [GeneratedRegex(@"(?:nam\(""|(?:user|group) name )([^""\s]+)")]
    private static partial Regex NamedUser();
}
