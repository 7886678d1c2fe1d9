using System.Globalization;

namespace ModHost.Supervisor.Configuration;

/// <summary>Values of options as people type them.</summary>
internal static class OptionText
{
    private const long Second = 1000;

    /// <summary>Milliseconds: "500ms", "10s", "5m", "2h", "1d"; a bare number is seconds.</summary>
    public static long Time(string text)
    {
        var digits = Digits(text);
        long unit = text[digits..] switch
        {
            "ms" => 1,
            "" or "s" => Second,
            "m" => 60 * Second,
            "h" => 3600 * Second,
            "d" => 24 * 3600 * Second,
            _ => throw new FormatException($"\"{text}\" is not a time"),
        };
        return Scaled(text, digits, unit);
    }

    /// <summary>Bytes: "1000", "64k", "512m", "2g".</summary>
    public static long Size(string text)
    {
        var digits = Digits(text);
        long unit = text[digits..] switch
        {
            "" => 1,
            "k" or "K" => 1L << 10,
            "m" or "M" => 1L << 20,
            "g" or "G" => 1L << 30,
            _ => throw new FormatException($"\"{text}\" is not a size"),
        };
        return Scaled(text, digits, unit);
    }

    /// <summary>A count, from 0.</summary>
    public static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"\"{text}\" is not a number");

    /// <summary>A count of processes: a number, or "auto" for as many as there are processors.</summary>
    public static int Processes(string text) => text == "auto" ? Environment.ProcessorCount : Number(text);

    /// <summary>A scheduling priority, -20 to 19.</summary>
    public static int Priority(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number is >= -20 and <= 19
            ? number
            : throw new FormatException($"\"{text}\" is not a priority from -20 to 19");

    /// <summary>File-mode bits that are taken away, octal.</summary>
    public static int Umask(string text)
    {
        var mask = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
            {
                throw new FormatException($"\"{text}\" is not an octal mask");
            }

            mask = (mask * 8) + (digit - '0');
        }

        return text.Length > 0 && mask <= 0x1ff ? mask : throw new FormatException($"\"{text}\" is not an octal mask");
    }

    public static bool Flag(string text) => text switch
    {
        "on" or "" => true,
        "off" => false,
        _ => throw new FormatException($"\"{text}\" is neither on nor off"),
    };

    /// <summary>Words between commas.</summary>
    public static string[] List(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static int Digits(string text)
    {
        var end = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static long Scaled(string text, int digits, long unit)
    {
        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / unit / 2)
        {
            throw new FormatException($"\"{text}\" is not a number with a unit");
        }

        return number * unit;
    }
}
