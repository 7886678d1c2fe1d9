using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Checks;

/// <summary>A service's settings, out of its files: the unit and its drop-ins.</summary>
internal sealed class SystemdUnit
{
    private static readonly string[] s_folders = ["lib/systemd/system", "usr/lib/systemd/system", "etc/systemd/system"];

    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);

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

        var unit = new SystemdUnit();
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

    /// <summary>How long it may take to stop.</summary>
    public TimeSpan StopTime => this["TimeoutStopSec"] is { Length: > 0 } text && Milliseconds(text) is { } time
        ? TimeSpan.FromMilliseconds(time) : TimeSpan.FromSeconds(90);

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

    private static long? Milliseconds(string text)
    {
        try
        {
            return OptionText.Time(text.Replace("min", "m", StringComparison.Ordinal).Replace("sec", "s", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return text == "infinity" ? long.MaxValue / 2_000_000 : null;
        }
    }
}
