using System.Text.RegularExpressions;
using ModHost.Cli.Configuration;
using ModHost.Posix;

namespace ModHost.Cli.WebServers;

/// <summary>Apache httpd.</summary>
internal sealed partial class ApacheServer : WebServer
{
    private const int StatusBytes = 16;

    private static readonly string[] s_moduleFolders =
        ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];

    private ApacheServer(string program, Version version, string module)
        : base(program, version, module)
    {
    }

    public override string Name => "apache";

    public override IConfigurationWriter Writer { get; } = new ApacheWriter();

    public override string ServerModules => s_moduleFolders.FirstOrDefault(Directory.Exists) ?? s_moduleFolders[0];

    public override bool ServesAsRoot => false;

    public override int DrainSignal => WindowChange;

    public override int ReloadSignal => UserOne;

    /// <summary>Null: there is none.</summary>
    public static ApacheServer? Find(Installation installation)
    {
        if ((Programs.Find("MODHOST_APACHE", "apache2") ?? Programs.Find("MODHOST_APACHE", "httpd")) is not { } program)
        {
            return null;
        }

        return NumberOf().Match(Programs.Output(program, ["-v"]).Text) is { Success: true } match
            ? new ApacheServer(program, Version.Parse(match.Groups[1].Value), installation.ApacheModule) : null;
    }

    // It does not listen at Unix sockets: a path that nobody guesses, and this machine only.
    public override string StatusPath() => "/modhost-" + RandomText.Hex(StatusBytes);

    public override IReadOnlyList<string> Arguments(string folder, string configuration) =>
        ["apache2", "-d", folder, "-f", configuration, "-DFOREGROUND"];

    public override IReadOnlyList<string> CheckArguments(string folder, string configuration) =>
        ["apache2", "-d", folder, "-f", configuration, "-t"];

    public override string ModuleTrial(string folder)
    {
        // Some distributions build these in.
        var needed = ((string[])["unixd", "mpm_event", "authz_core"]).Select(module => $"<IfModule !{module}_module>\n"
            + $"LoadModule {module}_module \"{Path.Combine(ServerModules, $"mod_{module}.so")}\"\n</IfModule>\n");
        return $"DefaultRuntimeDir \"{folder}\"\nPidFile \"{folder}/pid\"\nErrorLog /dev/stderr\nServerName localhost\n"
            + string.Concat(needed) + $"LoadModule modhost_module \"{Module}\"\n";
    }

    // "AH00526: Syntax error on line 12 of FILE:", and the reason in the next line.
    public override string Reason(string output, string configuration)
    {
        if (Fatal().Match(output) is { Success: true } match)
        {
            return match.Groups[1].Value.TrimEnd();
        }

        if (Included().Match(output) is { Success: true } included)
        {
            return included.Value;
        }

        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var place = Array.FindIndex(lines, line => line.Contains("Syntax error on line", StringComparison.Ordinal));
        return place >= 0 && place + 1 < lines.Length
            ? lines[place].Contains(configuration, StringComparison.Ordinal) ? lines[place + 1]
                : $"{lines[place]} {lines[place + 1]}"
            : lines.FirstOrDefault(line => !line.StartsWith("AH00558", StringComparison.Ordinal)) ?? "it says nothing";
    }

    // Of a module: the time, "[modhost:emerg]" and the process stand before it.
    [GeneratedRegex(@"\[[a-z0-9_]+:(?:emerg|alert|crit)\] (?:\[[^\]]*\] )*(.*)")]
    private static partial Regex Fatal();

    // Of what is included and cannot be: the reason is in the same line.
    [GeneratedRegex(@"Syntax error on line \d+ of [^:]+: \S.*")]
    private static partial Regex Included();

    [GeneratedRegex(@"Apache/(\d+\.\d+\.\d+)")]
    private static partial Regex NumberOf();
}
