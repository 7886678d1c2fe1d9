using System.Globalization;
using System.Text.RegularExpressions;

namespace ModHost.Cli.Checks;

/// <summary>Times as nginx, Apache, ModHost and systemd have them: "30", "500ms", "1m30s", "1min 30s", "1.5min".</summary>
internal static partial class TimeText
{
    private const long Second = 1000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    /// <summary>Null: it is none.</summary>
    public static long? Milliseconds(string? text)
    {
        if (text is null || !Whole().IsMatch(text))
        {
            return null;
        }

        long sum = 0;
        foreach (Match part in Part().Matches(text))
        {
            if (Unit(part.Groups[2].Value) is not { } unit
                || !decimal.TryParse(part.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number > (long.MaxValue - sum) / (decimal)unit)
            {
                return null;
            }

            sum += (long)(number * unit);
        }

        return sum;
    }

    private static long? Unit(string name) => name switch
    {
        "ms" or "msec" => 1,
        "" or "s" or "sec" or "second" or "seconds" => Second,
        "m" or "min" or "minute" or "minutes" => Minute,
        "h" or "hr" or "hour" or "hours" => Hour,
        "d" or "day" or "days" => Day,
        "w" or "week" or "weeks" => 7 * Day,
        _ => null,
    };

    // Atomic: digits can be told apart in one way only, and a long row of them is not tried in all others.
    [GeneratedRegex(@"^\s*(?>(?:[0-9]+(?:\.[0-9]+)?\s*[a-z]*\s*)+)$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)")]
    private static partial Regex Part();
}
