using System.Text.Json.Serialization;

namespace ModHost.Supervisor.Configuration;

/// <summary>One generation of the configuration, as the web server's master (or an administrator) writes it.</summary>
/// <remarks>Read, then left alone. What is not there keeps its default only because properties have setters.</remarks>
internal sealed record SupervisorConfiguration
{
    /// <summary>Of this format.</summary>
    public int Version { get; set; }

    public uint Generation { get; set; }

    /// <summary>"nginx", "apache", or what stands in front of a supervisor that runs alone.</summary>
    public string Server { get; set; } = "";

    public int MasterPid { get; set; }

    /// <summary>The user of the web server's workers: the only one beside root who may connect.</summary>
    public uint User { get; set; }

    public uint Group { get; set; }

    public string UserName { get; set; } = "";

    /// <summary>lib/modhost, where the launcher, the watchdog and the managed parts are.</summary>
    public string ManagedDirectory { get; set; } = "";

    public string DotnetRoot { get; set; } = "";

    /// <summary>Base of the applications' state directories; empty: none.</summary>
    public string StateDirectory { get; set; } = "";

    /// <summary>The supervisor's own log: a file, or "stderr".</summary>
    public string ErrorLog { get; set; } = "stderr";

    public string LogLevel { get; set; } = "error";

    /// <summary>The web server goes on without process groups: the supervisor ends with the last one.</summary>
    public bool Final { get; set; }

    public IReadOnlyList<GroupConfiguration> Groups { get; set; } = [];
}

/// <summary>A process group as configured.</summary>
internal sealed record GroupConfiguration
{
    public string Name { get; set; } = "";

    /// <summary>The server that it was declared in, for logs; empty: all may use it.</summary>
    public string Scope { get; set; } = "";

    public AppConfiguration App { get; set; } = new();

    public IReadOnlyList<string> Addresses { get; set; } = [];

    public bool DetailedErrors { get; set; }

    /// <summary>Bytes; -1: no limit; null: ASP.NET Core's default.</summary>
    public long? MaxRequestBody { get; set; }

    public string ErrorLog { get; set; } = "";

    /// <summary>Of the error log above; empty: the configuration's.</summary>
    public string LogLevel { get; set; } = "";

    /// <summary>Keys of the group as they were typed, with '-'.</summary>
    public IReadOnlyDictionary<string, string> Options { get; set; } = new Dictionary<string, string>();

    /// <summary>Pairs of name and value.</summary>
    public IReadOnlyList<string[]> Env { get; set; } = [];
}

/// <summary>The application of a group.</summary>
internal sealed record AppConfiguration
{
    public string Path { get; set; } = "";

    public AppKind Kind { get; set; }

    public string Name { get; set; } = "";

    public string ContentRoot { get; set; } = "";
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
    AllowTrailingCommas = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SupervisorConfiguration))]
[JsonSerializable(typeof(GroupConfiguration))]
[JsonSerializable(typeof(WorkerConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
