namespace ModHost.Supervisor.Configuration;

/// <summary>Files of NAME=VALUE lines. Empty lines and those that begin with # say nothing; quotes around a value go.</summary>
internal static class EnvironmentFile
{
    /// <summary>In the order of the file.</summary>
    public static IEnumerable<(string Name, string Value)> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            var text = line.Trim();
            if (text.Length > 0 && text[0] != '#' && Split(text) is { } pair)
            {
                yield return pair;
            }
        }
    }

    /// <summary>Null: it is no pair.</summary>
    public static (string Name, string Value)? Split(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return null;
        }

        var value = pair[(equals + 1)..];
        return (pair[..equals].Trim(), value is ['"', .., '"'] or ['\'', .., '\''] ? value[1..^1] : value);
    }
}
