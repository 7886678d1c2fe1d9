namespace ModHost.Cli.Checks;

/// <summary>A service's settings, out of its files: the unit and its drop-ins.</summary>
internal sealed class SystemdUnit
{
    private const long UsualStop = 90_000;

    private static readonly string[] s_folders = ["lib/systemd/system", "usr/lib/systemd/system", "etc/systemd/system"];

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
        foreach (var dropIn in folders.Select(folder => Path.Combine(folder, name + ".d")).Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.conf")).OrderBy(Path.GetFileName, StringComparer.Ordinal))
        {
            unit.Read(dropIn);
        }

        return unit;
    }

    /// <summary>The last word on a setting; "" where it was taken back, or never given.</summary>
    public string this[string name] => _settings.GetValueOrDefault(name, "");

    /// <summary>Milliseconds that it may take to stop.</summary>
    public long StopTime => (this["TimeoutStopSec"] is { Length: > 0 } text ? text : this["TimeoutSec"]) switch
    {
        "infinity" or "0" => long.MaxValue,
        var time => TimeText.Milliseconds(time) ?? UsualStop,
    };

    private void Read(string file)
    {
        foreach (var line in File.ReadLines(file))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] is not ('#' or ';'))
            {
                _settings[line[..equals].Trim()] = line[(equals + 1)..].Trim();
            }
        }
    }
}
