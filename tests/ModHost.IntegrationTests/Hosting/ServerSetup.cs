namespace ModHost.IntegrationTests.Hosting;

/// <summary>Text of nginx's own, level by level.</summary>
internal sealed record NginxText
{
    public string Main { get; init; } = "";

    public string Events { get; init; } = "";

    /// <summary>In the http block, before the server.</summary>
    public string Http { get; init; } = "";

    public string Server { get; init; } = "";
}

/// <summary>Text of Apache's own, level by level.</summary>
internal sealed record ApacheText
{
    /// <summary>Outside of every virtual host.</summary>
    public string Main { get; init; } = "";

    /// <summary>In all virtual hosts: of HTTP/1.1, of HTTP/2 without TLS, and with TLS.</summary>
    public string Host { get; init; } = "";
}

/// <summary>
/// What a web server is to do, whichever it is. In all texts @PREFIX@, @PORT@ and @TLS@ stand for what the server gets when
/// it is written.
/// </summary>
internal sealed record ServerSetup
{
    /// <summary>Processes that serve; Apache's prefork takes what it needs.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Workers that are processes of their own.</summary>
    public int Forked => Nginx.Main.Contains("master_process off", StringComparison.Ordinal) ? 0 : Workers;

    /// <summary>Of each nginx worker.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>Of each Apache process: how many requests it can work on at once.</summary>
    public int Threads { get; init; } = 128;

    /// <summary>A daemon, with a session of its own making: nginx upgrades its binary only then.</summary>
    public bool Detached { get; init; }

    /// <summary>In daemon mode: more keys of every process group.</summary>
    public string Groups { get; init; } = "";

    /// <summary>The setup names its process groups itself, in whatever mode the tests run.</summary>
    public bool OwnGroups { get; init; }

    /// <summary>A command that runs the web server, with the server's own command line after it.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Options of the whole web server, canonical as in <see cref="Place"/>.</summary>
    public string Options { get; init; } = "";

    /// <summary>Options of the one server or virtual host.</summary>
    public string HostOptions { get; init; } = "";

    public IReadOnlyList<Place> Places { get; init; } = [];

    /// <summary>More files in the folder of static ones.</summary>
    public Dictionary<string, string> Files { get; } = [];

    public NginxText Nginx { get; init; } = new();

    public ApacheText Apache { get; init; } = new();

    /// <summary>The usual case: one application at /.</summary>
    public static ServerSetup For(string app, string options = "") => new() { Places = [new("/", $"pass {app}; {options}")] };

    /// <summary>The whole configuration file of the server under test.</summary>
    public string Write(ServerPlaces places)
    {
        var setup = WithState(Settings.Daemon && !OwnGroups ? ProcessGroups.Assign(this) : this);
        return WebServer.Tested.Write(setup, places)
            .Replace("@PREFIX@", places.Prefix, StringComparison.Ordinal)
            .Replace("@PORT@", $"{places.Port}", StringComparison.Ordinal)
            .Replace("@TLS@", $"{places.TlsPort}", StringComparison.Ordinal);
    }

    // The machine's own folder would be shared by all tests, and by workers of different users.
    private static ServerSetup WithState(ServerSetup setup) => Spelling.Of(setup.Options).Any(option => option.Name == "state_directory")
        ? setup : setup with { Options = "state_directory @PREFIX@/state; " + setup.Options };
}
