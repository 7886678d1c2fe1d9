using System.Globalization;
using System.Net;
using ModHost.Cli.Configuration;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.CommandLine;

/// <summary>What may be typed as a value. All throw <see cref="FormatException"/> with the end of a sentence.</summary>
internal static class Values
{
    public static int Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port : throw new FormatException($"'{text}' is not a port; give a number from 1 to 65535");

    public static int Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count : throw new FormatException($"'{text}' is not a number from 1 on");

    /// <summary>A number from 1 on, or auto: as many as there are cores.</summary>
    public static string CountOrAuto(string text)
    {
        try
        {
            return text == "auto" ? text : Count(text).ToString(CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            throw new FormatException($"'{text}' is neither a number from 1 on nor auto");
        }
    }

    /// <summary>As directives take it: 10, 500ms, 10s, 5m, 2h.</summary>
    public static string Time(string text)
    {
        try
        {
            _ = OptionText.Time(text);
            return text;
        }
        catch (FormatException)
        {
            throw new FormatException($"'{text}' is not a time; write 10s, 500ms, 5m or 2h, and 0 for no limit");
        }
    }

    /// <summary>As directives take it: 1000, 64k, 10m, 1g.</summary>
    public static string Size(string text)
    {
        try
        {
            _ = OptionText.Size(text);
            return text.ToLowerInvariant();
        }
        catch (FormatException)
        {
            throw new FormatException($"'{text}' is not a size; write bytes, or 64k, 10m, 1g, and 0 for no limit");
        }
    }

    /// <summary>An address of this machine, localhost, or * for all.</summary>
    public static string Host(string text) =>
        text is "localhost" or "*" || IPAddress.TryParse(text.Trim('[', ']'), out _) ? text.Trim('[', ']')
            : throw new FormatException($"'{text}' is not an address; write 127.0.0.1, ::1, localhost, or * for all");

    public static string Name(string text) =>
        text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || ".-_*".Contains(character))
            ? text : throw new FormatException($"'{text}' is not a server name");

    public static NameValue Pair(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && text.AsSpan(0, equals).IndexOfAny(" \t\"'") < 0
            ? new NameValue(text[..equals], text[(equals + 1)..])
            : throw new FormatException($"'{text}' is not NAME=VALUE");
    }

    /// <summary>A place in the URL space, without the slash at its end; the root is empty.</summary>
    public static string Mount(string text) =>
        text.StartsWith('/') && !text.Contains("//", StringComparison.Ordinal) && text.IndexOfAny(['?', '#', '"', ' ']) < 0
            ? text.TrimEnd('/') : throw new FormatException($"'{text}' is not a path; write / or /shop");

    public static UrlAlias Alias(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1 || text[0] != '/' || equals == text.Length - 1)
        {
            throw new FormatException($"'{text}' is not /URL=FOLDER");
        }

        var folder = Folder(text[(equals + 1)..]);
        return new UrlAlias(Mount(text[..equals]), folder);
    }

    /// <summary>An address or a network: 10.0.0.0/8.</summary>
    public static string Network(string text) =>
        IPNetwork.TryParse(text, out _) || IPAddress.TryParse(text, out _) ? text
            : throw new FormatException($"'{text}' is neither an address nor a network such as 10.0.0.0/8");

    /// <summary>One that is there.</summary>
    public static string Folder(string text) => Directory.Exists(text) ? Path.GetFullPath(text)
        : throw new FormatException($"there is no folder {text}");

    /// <summary>One that is there.</summary>
    public static string File(string text) => System.IO.File.Exists(text) ? Path.GetFullPath(text)
        : throw new FormatException($"there is no file {text}");

    /// <summary>A place that may come later.</summary>
    public static string Place(string text) => text.Length > 0 ? Path.GetFullPath(text)
        : throw new FormatException("an empty path");

    public static string Text(string text) => text.Length > 0 ? text : throw new FormatException("it is empty");
}
