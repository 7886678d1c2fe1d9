using System.Text.RegularExpressions;
using ModHost.Cli.Configuration;

namespace ModHost.Cli.WebServers;

/// <summary>nginx.</summary>
internal sealed partial class NginxServer : WebServer
{
    // From here on the first log can be given on the command line, so that the one of the distribution stays closed.
    private static readonly Version s_firstLog = new(1, 19, 5);

    /// <param name="built">What it was configured with, as it says itself.</param>
    internal NginxServer(string program, Version version, string module, string built)
        : base(program, version, module) => Built = built;

    public override string Name => "nginx";

    /// <summary>What it was built with, as <c>-V</c> prints it.</summary>
    public string Built { get; }

    public override IConfigurationWriter Writer { get; } = new NginxWriter();

    public override int DrainSignal => Quit;

    public override int ReloadSignal => Hangup;

    public override bool Precompressed => Has("http_gzip_static_module");

    public override bool Asks => Has("http_auth_request_module");

    /// <summary>Null: there is none.</summary>
    public static NginxServer? Find(Installation installation)
    {
        if (Programs.Find("MODHOST_NGINX", "nginx") is not { } program)
        {
            return null;
        }

        var built = Programs.Output(program, ["-V"]).Text;
        return NumberOf().Match(built) is { Success: true } match
            ? new NginxServer(program, Version.Parse(match.Groups[1].Value), installation.NginxModule, built) : null;
    }

    public override IReadOnlyList<string> Arguments(string folder, string configuration) =>
        ["nginx", "-p", folder, "-c", configuration, .. Version >= s_firstLog ? (string[])["-e", "stderr"] : []];

    public override IReadOnlyList<string> CheckArguments(string folder, string configuration) =>
        [.. Arguments(folder, configuration), "-t"];

    public override string ModuleTrial(string folder) =>
        $"load_module \"{Module}\";\npid \"{folder}/pid\";\nerror_log stderr;\nevents {{ }}\n";

    public override string Reason(string output, string configuration)
    {
        var match = Fatal().Match(output);
        var text = match.Success ? match.Groups[1].Value : output.Trim().Split('\n')[0];
        return Place().Replace(text, found => found.Groups[1].Value == configuration ? "" : found.Value);
    }

    public override string? Missing(ServerPlan plan) =>
        plan.Certificate is not null && !Has("http_ssl_module") ? "HTTPS needs"
        : plan.Http2 && !Has("http_v2_module") ? "HTTP/2 needs"
        : plan.TrustedProxies.Count > 0 && !Has("http_realip_module") ? "--trust-proxy needs"
        : plan.Development is { Refresh: true } && !Has("http_sub_module") ? "pages need to load themselves anew; --no-browser-refresh does without"
        : null;

    private bool Has(string module) => Built.Contains($"--with-{module}", StringComparison.Ordinal);

    [GeneratedRegex(@"nginx version: \S+?/(\d+\.\d+\.\d+)")]
    private static partial Regex NumberOf();

    // Before the configuration has said where errors go, and after it.
    [GeneratedRegex(@"(?:nginx: |\d{4}/\d\d/\d\d [\d:]{8} )\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.*)")]
    private static partial Regex Fatal();

    [GeneratedRegex(@" in (\S+):\d+$")]
    private static partial Regex Place();
}
