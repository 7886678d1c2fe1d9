using System.Globalization;
using System.Text;

namespace ModHost.Supervisor.Logging;

/// <summary>Lines of nginx's error log.</summary>
internal static class ErrorLine
{
    private static readonly string[] s_levels =
        ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

    private static long s_second;
    private static string s_time = "";

    public static string Name(LogLevel level) => s_levels[(int)level];

    /// <summary>As it is typed; what is not known is the usual one, and "debug_core" and its like are debug.</summary>
    public static LogLevel Level(string name)
    {
        var index = Array.FindIndex(s_levels, level => name.StartsWith(level, StringComparison.Ordinal));
        return index < 0 ? LogLevel.Error : (LogLevel)index;
    }

    /// <summary>Of MODHOST_LOG_*.</summary>
    public static LogLevel FromWorker(uint level) => level switch
    {
        0 or 1 => LogLevel.Debug,
        2 => LogLevel.Info,
        3 => LogLevel.Warning,
        4 => LogLevel.Error,
        _ => LogLevel.Critical,
    };

    /// <summary>MODHOST_LOG_* that a worker need not send less than.</summary>
    public static int ToWorker(LogLevel level) => level switch
    {
        LogLevel.Debug => 0,
        LogLevel.Info or LogLevel.Notice => 2,
        LogLevel.Warning => 3,
        LogLevel.Error => 4,
        _ => 5,
    };

    /// <summary>One line, with its newline.</summary>
    /// <param name="source">Where it comes from: "[shop/0 4711] " or nothing.</param>
    public static byte[] Format(LogLevel level, string source, string text)
    {
        var line = new StringBuilder(64 + source.Length + text.Length);
        line.Append(Time()).Append(" [").Append(s_levels[(int)level]).Append("] ")
            .Append(CultureInfo.InvariantCulture, $"{Environment.ProcessId}#0: modhost: ").Append(source);
        Escape(line, text.TrimEnd());
        line.Append('\n');
        return Encoding.UTF8.GetBytes(line.ToString());
    }

    // A line break is kept, with white space after it: what a client made an application write cannot pass for a line
    // of the web server's own. And a terminal that shows it is told nothing.
    private static void Escape(StringBuilder line, string text)
    {
        foreach (var character in text)
        {
            if (character == '\n')
            {
                line.Append("\n    ");
            }
            else if (character is '\t' || !IsCommand(character))
            {
                line.Append(character);
            }
            else if (character != '\r')
            {
                line.Append(CultureInfo.InvariantCulture,
                    $"{(character > 0xff ? "\\u" : "\\x")}{(int)character:x2}");
            }
        }
    }

    // Controls, line and paragraph separators, and what turns the direction of text.
    private static bool IsCommand(char character) => character
        is < ' ' or (>= '\x7f' and <= '\x9f') or '\u2028' or '\u2029'
        or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string Time()
    {
        var second = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (second != s_second || s_time.Length == 0)
        {
            s_second = second;
            s_time = DateTime.Now.ToString("yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture);
        }

        return s_time;
    }
}
