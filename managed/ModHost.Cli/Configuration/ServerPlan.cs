using ModHost.Cli.Applications;

namespace ModHost.Cli.Configuration;

/// <summary>
/// What a web server is to do, in words of neither server. A writer turns it into a configuration, and decides nothing.
/// </summary>
/// <remarks>Times and sizes are as they were typed, and good: all servers and the supervisor read them alike.</remarks>
internal sealed record ServerPlan
{
    public required Application App { get; init; }

    public required ServerPlaces Places { get; init; }

    /// <summary>Where a browser finds it.</summary>
    public IEnumerable<string> Urls
    {
        get
        {
            var host = ServerNames.FirstOrDefault(name => !name.Contains('*', StringComparison.Ordinal))
                ?? (Hosts[0] == "*" ? "localhost" : Hosts[0].Contains(':', StringComparison.Ordinal) ? $"[{Hosts[0]}]" : Hosts[0]);
            if (Port is { } port)
            {
                yield return port == 80 ? $"http://{host}{Mount}/" : $"http://{host}:{port}{Mount}/";
            }

            if (HttpsPort is { } secure)
            {
                yield return secure == 443 ? $"https://{host}{Mount}/" : $"https://{host}:{secure}{Mount}/";
            }
        }
    }

    /// <summary>Letters, digits and '_': what is named after the application.</summary>
    public string Identifier => new([.. App.Name.Select(character => char.IsAsciiLetterOrDigit(character)
        ? char.ToLowerInvariant(character) : '_')]);

    /// <summary>Name of the process group that runs the application; null: embedded.</summary>
    public string? Group { get; init; }

    /// <summary>Of the web server's workers and of the application; null: who starts it.</summary>
    public string? User { get; init; }

    /// <summary>Goes with <see cref="User"/>; null: that user's own.</summary>
    public string? UserGroup { get; init; }

    /// <summary>Addresses without a port; "localhost": of both families; "*": all.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = ["localhost"];

    /// <summary>The machine has addresses of IPv6.</summary>
    public bool Ipv6 { get; init; }

    public int? Port { get; init; }

    public int? HttpsPort { get; init; }

    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public bool Http2 { get; init; }

    /// <summary>None: any.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    public string MainName => ServerNames.Count > 0 ? ServerNames[0] : "localhost";

    /// <summary>Whose word on the client's address is taken.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Where the application is: "" or "/shop".</summary>
    public string Mount { get; init; } = "";

    /// <summary>Files that the web server sends itself before it asks the application; null: none.</summary>
    public string? DocumentRoot { get; init; }

    /// <summary>The web server can send a file.gz that lies beside the file.</summary>
    public bool Precompressed { get; init; }

    public IReadOnlyList<UrlAlias> Aliases { get; init; } = [];

    /// <summary>Where the web server's state is to be asked for, over HTTP; "": nowhere.</summary>
    public string StatusPath { get; init; } = "";

    /// <summary>Files of directives, for the server's block.</summary>
    public IReadOnlyList<string> Includes { get; init; } = [];

    /// <summary>Worker processes of the web server: a number, or auto.</summary>
    public string Workers { get; init; } = "1";

    /// <summary>Connections of one worker.</summary>
    public int Connections { get; init; } = 1024;

    /// <summary>Of the process group: a number, or auto.</summary>
    public string? Processes { get; init; }

    public int? MaxConcurrency { get; init; }

    public string? RequestLimit { get; init; }

    public bool Compress { get; init; }

    public Timeouts Timeouts { get; init; } = new();

    public IReadOnlyList<NameValue> Environment { get; init; } = [];

    /// <summary>More of them, for process groups; null: there are none.</summary>
    public string? EnvironmentFile { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? DotnetRoot { get; init; }

    /// <summary>A process group follows the application's folder.</summary>
    public string? ReloadOn { get; init; }

    /// <summary>Of <c>modhost dev</c>; null: nobody develops here.</summary>
    public DevelopmentPlan? Development { get; init; }

    /// <summary>Clients are shown what went wrong.</summary>
    public bool DetailedErrors { get; init; }

    public LogPlan Logs { get; init; } = new();
}

/// <summary>Time limits; null: what ModHost or the web server has.</summary>
internal sealed record Timeouts
{
    public string? Startup { get; init; }

    public string? Request { get; init; }

    public string? Queue { get; init; }

    public string? Graceful { get; init; }

    public string? Shutdown { get; init; }

    public string? Inactivity { get; init; }

    /// <summary>Of a connection without a request.</summary>
    public string? KeepAlive { get; init; }

    /// <summary>Between two readings from, or writings to, a client.</summary>
    public string? Client { get; init; }
}

/// <summary>What is written down, and where.</summary>
internal sealed record LogPlan
{
    /// <summary>emerg, alert, crit, error, warn, notice, info, debug.</summary>
    public string Level { get; init; } = "info";

    /// <summary>A file; "off"; null: standard output.</summary>
    public string? Access { get; init; }

    /// <summary>short, combined, json, or the web server's own words.</summary>
    public string Format { get; init; } = "short";

    /// <summary>A file; null: standard error.</summary>
    public string? Error { get; init; }
}

/// <summary>What open pages and people with errors need while an application is developed.</summary>
/// <param name="Socket">Where the command answers below <see cref="Prefix"/>.</param>
/// <param name="ErrorFile">While it is there pages are errors.</param>
/// <param name="Refresh">Pages get a script that loads them anew.</param>
/// <param name="Debug">The application waits for a debugger before its first line.</param>
/// <param name="BuildingFile">While it is there requests wait; null: they never do.</param>
internal sealed record DevelopmentPlan(string Socket, string ErrorFile, bool Refresh, bool Debug = false, string? BuildingFile = null)
{
    /// <summary>Of a request for the next version, in seconds; then the one that there is answers.</summary>
    public const int LongestWait = 60;

    public const string Prefix = "/_modhost/";
    public const string Script = Prefix + "refresh.js";
    public const string Events = Prefix + "events";
    public const string Error = Prefix + "error";
    public const string Gate = Prefix + "gate";

    /// <summary>What the gate is asked for ends with this where errors would be shown.</summary>
    public const string ForPage = "-html-here-known";
}

/// <summary>A folder of files at a place of their own.</summary>
/// <param name="Url">Begins with a slash and does not end with one.</param>
internal sealed record UrlAlias(string Url, string Folder);

/// <summary>An environment variable.</summary>
internal sealed record NameValue(string Name, string Value);
