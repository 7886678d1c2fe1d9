namespace ModHost.Cli.Checks;

/// <summary>A service's settings, out of its files: the unit and its drop-ins.</summary>
internal sealed class SystemdUnit
{
    private const long UsualStop = 90_000;

    private const string StopTimeout = "TimeoutStopSec";

    // The last comes first.
    private static readonly string[] s_folders =
        ["lib/systemd/system", "usr/lib/systemd/system", "run/systemd/system", "etc/systemd/system"];

    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);

    private SystemdUnit(string name) => Name = name;

    /// <summary>"nginx.service".</summary>
    public string Name { get; }

    /// <summary>Null: there is no such unit.</summary>
    /// <param name="root">Where the system is: /.</param>
    public static SystemdUnit? Find(string root, string name)
    {
        var folders = s_folders.Select(folder => Path.Combine(root, folder)).ToArray();
        var file = folders.Select(folder => Path.Combine(folder, name)).LastOrDefault(File.Exists);
        if (file is null)
        {
            return null;
        }

        var unit = new SystemdUnit(name);
        unit.Read(file);

        // Of those of one name only one counts.
        foreach (var dropIns in folders.Select(folder => Path.Combine(folder, name + ".d")).Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.conf")).GroupBy(Path.GetFileName)
            .OrderBy(dropIns => dropIns.Key, StringComparer.Ordinal))
        {
            unit.Read(dropIns.Last());
        }

        return unit;
    }

    /// <summary>The last word on a setting; "" where it was taken back, or never given.</summary>
    public string this[string name] => _settings.GetValueOrDefault(name, "");

    /// <summary>Milliseconds that it may take to stop.</summary>
    public long StopTime => this[StopTimeout] switch
    {
        "infinity" or "0" => long.MaxValue,
        var time => TimeText.Milliseconds(time) ?? UsualStop,
    };

    private void Read(string file)
    {
        foreach (var line in Lines(file))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] is not ('#' or ';'))
            {
                // The time of a stop is a part of TimeoutSec=.
                var name = line[..equals].Trim();
                _settings[name == "TimeoutSec" ? StopTimeout : name] = line[(equals + 1)..].Trim();
            }
        }
    }

    // A link may lead to nothing.
    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
