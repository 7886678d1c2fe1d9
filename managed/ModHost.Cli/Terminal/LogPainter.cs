using System.Text.RegularExpressions;

namespace ModHost.Cli.Terminal;

/// <summary>Colours lines of logs; the text stays what it is.</summary>
internal sealed partial class LogPainter
{
    // Of the last line that had a level: stack traces go on in its colour.
    private string _level = "";

    /// <summary>A line of an error log, or what belongs to the line before it.</summary>
    public string Error(string line)
    {
        if (Nginx().Match(line) is { Success: true } match)
        {
            _level = Colour(match.Groups["level"].Value);
            var text = line[match.Length..];
            return $"{Paint.Dim}{match.Groups["time"].Value}{Paint.Off} {_level}[{match.Groups["level"].Value}]{Paint.Off} "
                + $"{Paint.Dim}{match.Groups["source"].Value}{Paint.Off}{Coloured(text)}";
        }

        if (Apache().Match(line) is { Success: true } found)
        {
            _level = Colour(found.Groups["level"].Value);
            var text = line[found.Length..];
            return $"{Paint.Dim}{found.Groups["time"].Value}{Paint.Off} {_level}{found.Groups["name"].Value}{Paint.Off}{Coloured(text)}";
        }

        return Coloured(line);
    }

    /// <summary>A line of an access log: what it came to is to be seen.</summary>
    public static string Access(string line)
    {
        if (Status().Match(line) is not { Success: true } match)
        {
            return line;
        }

        var status = match.Groups[1];
        var colour = status.Value[0] switch { '5' => Paint.Red, '4' => Paint.Yellow, '3' => Paint.Cyan, _ => Paint.Green };
        return $"{line[..status.Index]}{colour}{status.Value}{Paint.Off}{line[(status.Index + status.Length)..]}";
    }

    private string Coloured(string text) => _level.Length == 0 || text.Length == 0 || _level == Paint.Cyan ? text
        : $"{_level}{text}{Paint.Off}";

    private static string Colour(string level) => level switch
    {
        "emerg" or "alert" or "crit" or "error" => Paint.Red,
        "warn" => Paint.Yellow,
        _ => Paint.Cyan,
    };

    [GeneratedRegex(@"^(?<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?<level>[a-z]+)\] (?<source>\d+#\d+: (?:\*\d+ )?)")]
    private static partial Regex Nginx();

    [GeneratedRegex(@"^(?<time>\[[A-Z][a-z]{2} [^\]]+\]) (?<name>\[[a-z_0-9]*:(?<level>[a-z]+)\d?\])")]
    private static partial Regex Apache();

    [GeneratedRegex("""(?:" |"status":)([1-5]\d\d)[ ,]""")]
    private static partial Regex Status();
}
