using System.Collections;
using System.Globalization;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Processes;

/// <summary>
/// The environment of a worker: what was configured, who it is, and of the supervisor's own only what says where
/// programs, languages and times are. Nothing of a web server's secrets reaches an application by accident.
/// </summary>
internal static class WorkerEnvironment
{
    private const string StartupHooks = "DOTNET_STARTUP_HOOKS";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_inherited = ["PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR"];

    /// <param name="hook">ModHost's startup hook, or null: the program needs none.</param>
    /// <param name="home">The worker's HOME.</param>
    /// <param name="dotnetRoot">Where .NET is; may be empty.</param>
    /// <exception cref="FormatException">The file of variables cannot be read.</exception>
    public static List<string> Of(GroupSpec spec, WorkerIdentity identity, string? hook, string home, string dotnetRoot)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = DefaultPath };
        Inherit(variables);
        variables["HOME"] = home;
        if (identity.UserName.Length > 0)
        {
            variables["USER"] = variables["LOGNAME"] = identity.UserName;
        }

        if (dotnetRoot.Length > 0)
        {
            variables["DOTNET_ROOT"] = dotnetRoot;
        }

        ReadFile(spec.Options.EnvFile, variables);
        Add(variables, spec.Options.Env);
        foreach (var pair in spec.Group.Env)
        {
            variables[pair[0]] = pair[1];
        }

        AddOwn(spec, hook, variables);
        return [.. variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }

    /// <summary>Where a worker's runtime leaves what it needs while it runs.</summary>
    public static string TemporaryFolder(GroupSpec spec) =>
        spec.Group.Env.LastOrDefault(pair => pair[0] == "TMPDIR")?[1]
        ?? Environment.GetEnvironmentVariable("TMPDIR") ?? "/tmp";

    private static void Inherit(Dictionary<string, string> variables)
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (s_inherited.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal))
            {
                variables[name] = (string?)entry.Value ?? "";
            }
        }
    }

    // The hook takes its own entry out again, and leaves a user's.
    private static void AddOwn(GroupSpec spec, string? hook, Dictionary<string, string> variables)
    {
        variables["MODHOST_CONTROL_FD"] = "3";
        if (hook is not null)
        {
            variables[StartupHooks] = variables.TryGetValue(StartupHooks, out var others) && others.Length > 0
                ? $"{hook}:{others}" : hook;
        }

        if (spec.Options.GcHeapLimit > 0)
        {
            // Hexadecimal, whatever it looks like.
            variables["DOTNET_GCHeapHardLimit"] =
                spec.Options.GcHeapLimit.ToString("x", CultureInfo.InvariantCulture);
        }
    }

    private static void ReadFile(string path, Dictionary<string, string> variables)
    {
        if (path.Length == 0)
        {
            return;
        }

        try
        {
            foreach (var (name, value) in EnvironmentFile.Read(path))
            {
                variables[name] = value;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"env-file: {exception.Message}", exception);
        }
    }

    private static void Add(Dictionary<string, string> variables, string text)
    {
        if (EnvironmentFile.Split(text) is { } pair)
        {
            variables[pair.Name] = pair.Value;
        }
    }
}
