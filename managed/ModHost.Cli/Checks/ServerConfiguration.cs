using ModHost.Cli.WebServers;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Checks;

/// <summary>What a configuration says, as far as it matters to ModHost; the same for both web servers.</summary>
internal sealed record ServerConfiguration
{
    /// <summary>"nginx" or "apache".</summary>
    public required string Server { get; init; }

    /// <summary>Whether it is what the distribution's service runs.</summary>
    public bool IsService { get; init; }

    /// <summary>Names that the service may have.</summary>
    public IReadOnlyList<string> Units => IsNginx ? ["nginx.service"] : ["apache2.service", "httpd.service"];

    /// <summary>Whether root starts it, so that groups can have users of their own.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>Whose the processes are that serve.</summary>
    public required FileReader User { get; init; }

    public IReadOnlyList<HostedApplication> Applications { get; init; } = [];

    public IReadOnlyList<DeclaredGroup> Groups { get; init; } = [];

    public IReadOnlyList<ListenPlace> Listens { get; init; } = [];

    /// <summary>Milliseconds that a stop gives to requests; null: as long as they take.</summary>
    public long? Drain { get; init; }

    /// <summary>modhost_shutdown_timeout and its like, wherever they stand.</summary>
    public IReadOnlyList<long> EmbeddedStops { get; init; } = [];

    public required string RunDirectory { get; init; }

    public required string StateDirectory { get; init; }

    /// <summary>modhost_managed_directory; null: where it was installed.</summary>
    public string? ManagedDirectory { get; init; }

    /// <summary>modhost_dotnet_root; null: the usual places.</summary>
    public string? DotnetRoot { get; init; }

    /// <summary>The server's process; null: it does not run with this configuration.</summary>
    public int? Process { get; init; }

    public bool IsNginx => Server == WebServerChoice.Nginx;

    /// <summary>All places of .NET that it names.</summary>
    public IEnumerable<string> DotnetRoots => Groups.Select(group => group["dotnet-root"]).Prepend(DotnetRoot).OfType<string>();

    /// <summary>Groups that an application runs in.</summary>
    public IEnumerable<DeclaredGroup> UsedGroups =>
        Groups.Where(group => Applications.Any(application => application.Group == group.Name));

    /// <summary>What is typed to get a directive of ModHost's.</summary>
    /// <param name="name">In canonical spelling: "run_directory".</param>
    public string Spelled(string name) => IsNginx ? $"modhost_{name}" : DirectiveNames.OfApache(name);

    /// <summary>As whom an application runs.</summary>
    public FileReader ReaderOf(HostedApplication application) =>
        Groups.FirstOrDefault(group => group.Name == application.Group)?.ReaderOr(User) ?? User;
}

/// <summary>An application that a configuration passes requests to.</summary>
/// <param name="Path">In full.</param>
/// <param name="Group">Null: it is embedded.</param>
internal sealed record HostedApplication(string Path, string? Group);

/// <summary>A process group as it was declared.</summary>
/// <param name="Keys">As they were typed, but with dashes.</param>
internal sealed record DeclaredGroup(string Name, IReadOnlyList<KeyValuePair<string, string>> Keys)
{
    /// <param name="words">What follows the directive's name.</param>
    public static DeclaredGroup From(IReadOnlyList<string> words) => new(words.Count > 0 ? words[0] : "",
    [
        .. words.Skip(1).Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2)
            .Select(pair => KeyValuePair.Create(pair[0].Replace('_', '-'), pair[1])),
    ]);

    /// <summary>Null: it was not given.</summary>
    public string? this[string key] => Keys.LastOrDefault(pair => pair.Key == key).Value;

    /// <summary>Milliseconds.</summary>
    public long Time(string key, long otherwise) => TimeText.Milliseconds(this[key]) ?? otherwise;

    /// <summary>Whose the workers are.</summary>
    /// <param name="server">Whose the web server is.</param>
    public FileReader ReaderOr(FileReader server) => FileReader.OfWorker(server, this["user"], this["group"],
        OptionText.List(this["supplementary-groups"] ?? ""));
}
