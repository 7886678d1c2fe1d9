using System.Text.Json.Serialization;

namespace ModHost.Supervisor.Configuration;

/// <summary>One generation of the configuration, as the web server's master (or an administrator) writes it.</summary>
internal sealed record SupervisorConfiguration
{
    /// <summary>Of this format.</summary>
    public int Version { get; init; }

    public uint Generation { get; init; }

    /// <summary>"nginx", "apache", or what stands in front of a supervisor that runs alone.</summary>
    public string Server { get; init; } = "";

    public int MasterPid { get; init; }

    /// <summary>The user of the web server's workers: the only one beside root who may connect.</summary>
    public uint User { get; init; }

    public uint Group { get; init; }

    public string UserName { get; init; } = "";

    /// <summary>lib/modhost, where the launcher, the watchdog and the managed parts are.</summary>
    public string ManagedDirectory { get; init; } = "";

    public string DotnetRoot { get; init; } = "";

    /// <summary>Base of the applications' state directories; empty: none.</summary>
    public string StateDirectory { get; init; } = "";

    /// <summary>The supervisor's own log: a file, or "stderr".</summary>
    public string ErrorLog { get; init; } = "stderr";

    public string LogLevel { get; init; } = "error";

    public IReadOnlyList<GroupConfiguration> Groups { get; init; } = [];
}

/// <summary>A process group as configured.</summary>
internal sealed record GroupConfiguration
{
    public string Name { get; init; } = "";

    /// <summary>The server that it was declared in, for logs; empty: all may use it.</summary>
    public string Scope { get; init; } = "";

    public AppConfiguration App { get; init; } = new();

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public bool DetailedErrors { get; init; }

    /// <summary>Bytes; -1: no limit; null: ASP.NET Core's default.</summary>
    public long? MaxRequestBody { get; init; }

    public string ErrorLog { get; init; } = "";

    /// <summary>Of the error log above; empty: the configuration's.</summary>
    public string LogLevel { get; init; } = "";

    /// <summary>Keys of the group as they were typed, with '-'.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Pairs of name and value.</summary>
    public IReadOnlyList<string[]> Env { get; init; } = [];
}

/// <summary>The application of a group.</summary>
internal sealed record AppConfiguration
{
    public string Path { get; init; } = "";

    public AppKind Kind { get; init; }

    public string Name { get; init; } = "";

    public string ContentRoot { get; init; } = "";
}

/// <summary>What kind of program an application is, so how a worker is made of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AppKind>))]
internal enum AppKind
{
    /// <summary>An assembly: <c>dotnet App.dll</c>.</summary>
    [JsonStringEnumMemberName("il")]
    Il,

    /// <summary>A NativeAOT library, which the launcher opens.</summary>
    [JsonStringEnumMemberName("native")]
    Native,

    /// <summary>A program: self-contained, single-file, or NativeAOT.</summary>
    [JsonStringEnumMemberName("executable")]
    Executable,
}

/// <summary>What JSON the supervisor reads and writes; nothing here is found by reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(SupervisorConfiguration))]
[JsonSerializable(typeof(GroupConfiguration))]
[JsonSerializable(typeof(WorkerConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
