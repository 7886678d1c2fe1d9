namespace ModHost.Supervisor.Configuration;

/// <summary>The keys of a daemon process group, typed; native/core/daemon.def has the same keys.</summary>
/// <remarks>Times are milliseconds, sizes bytes; 0 means no limit where a limit can be absent.</remarks>
internal sealed class ProcessGroupOptions
{
    private static readonly Dictionary<string, Action<ProcessGroupOptions, string>> s_keys = new()
    {
        ["processes"] = (o, text) => o.Processes = OptionText.Processes(text),
        ["min-processes"] = (o, text) => o.MinProcesses = OptionText.Processes(text),
        ["max-processes"] = (o, text) => o.MaxProcesses = OptionText.Processes(text),
        ["threads"] = (o, text) => o.Threads = OptionText.Number(text),
        ["max-concurrency"] = (o, text) => o.MaxConcurrency = OptionText.Number(text),
        ["queue-size"] = (o, text) => o.QueueSize = OptionText.Number(text),
        ["queue-timeout"] = (o, text) => o.QueueTimeout = OptionText.Time(text),
        ["user"] = (o, text) => o.User = text,
        ["group"] = (o, text) => o.Group = text,
        ["supplementary-groups"] = (o, text) => o.SupplementaryGroups = OptionText.List(text),
        ["umask"] = (o, text) => o.Umask = OptionText.Umask(text),
        ["home"] = (o, text) => o.Home = text,
        ["env"] = (o, text) => o.Env = text,
        ["env-file"] = (o, text) => o.EnvFile = text,
        ["dotnet-root"] = (o, text) => o.DotnetRoot = text,
        ["display-name"] = (o, text) => o.DisplayName = text,
        ["startup-timeout"] = (o, text) => o.StartupTimeout = OptionText.Time(text),
        ["request-timeout"] = (o, text) => o.RequestTimeout = OptionText.Time(text),
        ["graceful-timeout"] = (o, text) => o.GracefulTimeout = OptionText.Time(text),
        ["shutdown-timeout"] = (o, text) => o.ShutdownTimeout = OptionText.Time(text),
        ["inactivity-timeout"] = (o, text) => o.InactivityTimeout = OptionText.Time(text),
        ["restart-interval"] = (o, text) => o.RestartInterval = OptionText.Time(text),
        ["maximum-requests"] = (o, text) => o.MaximumRequests = OptionText.Number(text),
        ["memory-limit"] = (o, text) => o.MemoryLimit = OptionText.Size(text),
        ["gc-heap-limit"] = (o, text) => o.GcHeapLimit = OptionText.Size(text),
        ["cpu-priority"] = (o, text) => o.CpuPriority = OptionText.Priority(text),
        ["nofile-limit"] = (o, text) => o.NofileLimit = OptionText.Number(text),
        ["warmup"] = (o, text) => o.Warmup = text,
        ["reload-on"] = (o, text) => o.ReloadOn = text,
        ["affinity"] = (o, text) => o.Affinity = text is "none" or "cookie" or "client"
            ? text : throw new FormatException($"\"{text}\" is none of none, cookie, client"),
        ["state-directory"] = (o, text) => o.StateDirectory = text,
        ["log"] = (o, text) => o.Log = text,
        ["allow-root"] = (o, text) => o.AllowRoot = OptionText.Flag(text),
    };

    // What a running group takes over without new workers.
    private static readonly HashSet<string> s_live =
    [
        "processes", "min-processes", "max-processes", "queue-size", "queue-timeout", "request-timeout",
        "graceful-timeout", "inactivity-timeout", "restart-interval", "maximum-requests", "memory-limit",
        "reload-on", "affinity", "log",
    ];

    /// <summary>Every key, in the order of the documentation.</summary>
    public static IEnumerable<string> Keys => s_keys.Keys;

    public int Processes { get; private set; }

    public int MinProcesses { get; private set; } = -1;

    public int MaxProcesses { get; private set; } = -1;

    /// <summary>Least threads of the pool; 0: the runtime's own.</summary>
    public int Threads { get; private set; }

    public int MaxConcurrency { get; private set; }

    public int QueueSize { get; private set; } = 1000;

    public long QueueTimeout { get; private set; } = 10_000;

    public string User { get; private set; } = "";

    public string Group { get; private set; } = "";

    public string[] SupplementaryGroups { get; private set; } = [];

    public int Umask { get; private set; } = 0b000_010_111;

    public string Home { get; private set; } = "";

    /// <summary>NAME=VALUE, one more variable.</summary>
    public string Env { get; private set; } = "";

    public string EnvFile { get; private set; } = "";

    public string DotnetRoot { get; private set; } = "";

    public string DisplayName { get; private set; } = "";

    public long StartupTimeout { get; private set; } = 60_000;

    public long RequestTimeout { get; private set; }

    public long GracefulTimeout { get; private set; } = 30_000;

    public long ShutdownTimeout { get; private set; } = 10_000;

    public long InactivityTimeout { get; private set; }

    public long RestartInterval { get; private set; }

    public int MaximumRequests { get; private set; }

    public long MemoryLimit { get; private set; }

    public long GcHeapLimit { get; private set; }

    /// <summary>Null: as the supervisor's.</summary>
    public int? CpuPriority { get; private set; }

    /// <summary>0: as the supervisor's.</summary>
    public int NofileLimit { get; private set; }

    public string Warmup { get; private set; } = "";

    public string ReloadOn { get; private set; } = "";

    public string Affinity { get; private set; } = "none";

    public string StateDirectory { get; private set; } = "";

    public string Log { get; private set; } = "";

    public bool AllowRoot { get; private set; }

    /// <summary>Whether a change of this key needs new workers.</summary>
    public static bool NeedsNewWorkers(string key) => !s_live.Contains(key);

    /// <summary>Typed values.</summary>
    /// <exception cref="FormatException">A key or a value is not understood; the message names it.</exception>
    public static ProcessGroupOptions Parse(IReadOnlyDictionary<string, string> typed)
    {
        var options = new ProcessGroupOptions();
        foreach (var (name, text) in typed)
        {
            var key = name.Replace('_', '-');
            if (!s_keys.TryGetValue(key, out var set))
            {
                throw new FormatException($"there is no option {name}");
            }

            try
            {
                set(options, text);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"{name}: {exception.Message}", exception);
            }
        }

        options.Complete();
        return options;
    }

    // min ≤ processes ≤ max; what was not given follows what was.
    private void Complete()
    {
        if (MinProcesses >= 0 && MaxProcesses >= 0 && MinProcesses > MaxProcesses)
        {
            throw new FormatException("min-processes is above max-processes");
        }

        var given = Processes > 0;
        Processes = given ? Processes : Math.Max(1, Math.Max(MinProcesses, 0));
        MinProcesses = MinProcesses >= 0 ? MinProcesses
            : MaxProcesses >= 0 ? Math.Min(Processes, MaxProcesses) : Processes;
        MaxProcesses = MaxProcesses >= 0 ? Math.Max(MaxProcesses, 1) : Math.Max(Processes, MinProcesses);
        if (given && (Processes < MinProcesses || Processes > MaxProcesses))
        {
            throw new FormatException("processes is not between min-processes and max-processes");
        }

        Processes = Math.Clamp(Processes, MinProcesses, MaxProcesses);
        if (Warmup.Length > 0 && Warmup[0] != '/')
        {
            throw new FormatException("warmup does not begin with \"/\"");
        }
    }
}
