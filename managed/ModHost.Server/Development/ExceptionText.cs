using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Development;

/// <summary>What is written of an exception, taken apart.</summary>
/// <remarks>Part of ModHost.Server and of the command, which has no ASP.NET Core.</remarks>
/// <param name="Type">Of the exception, with its namespace; "": there is none.</param>
/// <param name="Message">What it says; without an exception all that is known.</param>
/// <param name="Trace">Of its stack trace, from the inside out.</param>
internal sealed partial record ExceptionText(string Type, string Message, IReadOnlyList<TraceLine> Trace)
{
    private const int Around = 3;
    private const long LongestSource = 1 << 20;

    // Of places in the program's own sources; what comes after those is mostly the framework's.
    private const int MostExcerpts = 10;

    private static readonly string[] s_sources = [".cs", ".cshtml", ".razor", ".fs", ".vb"];

    /// <param name="text">"MH0503: Shop failed to start: System.X: message", then lines of a stack trace.</param>
    public static ExceptionText Read(string text)
    {
        var (head, trace) = Divide(text);
        return Exception().Match(head) is { Success: true } match
            ? new ExceptionText(match.Groups["type"].Value, match.Groups["message"].Value, trace)
            : new ExceptionText("", head, trace);
    }

    /// <summary>The message goes on with the types and messages of inner exceptions, which often say more.</summary>
    public static ExceptionText Of(System.Exception exception)
    {
        var type = exception.GetType().ToString();
        var (head, trace) = Divide(exception.ToString());
        return new ExceptionText(type, head.StartsWith($"{type}: ", StringComparison.Ordinal) ? head[(type.Length + 2)..] : head, trace);
    }

    /// <summary>Message and trace, as elements of a page.</summary>
    public string Html()
    {
        var html = new StringBuilder();
        if (Type.Length > 0)
        {
            html.Append("<h2>").Append(ErrorDocument.Encode(Type)).Append("</h2>\n");
        }

        html.Append("<pre class=\"message\">").Append(ErrorDocument.Encode(Message)).Append("</pre>\n<ol>\n");
        foreach (var line in Trace)
        {
            html.Append("<li>").Append(ErrorDocument.Encode(line.Text)).Append(line.Excerpt()).Append("</li>\n");
        }

        return html.Append("</ol>\n").ToString();
    }

    // What comes before the first line of a stack trace, and the trace.
    private static (string Head, IReadOnlyList<TraceLine> Trace) Divide(string text)
    {
        var lines = text.Split('\n');
        var end = Array.FindIndex(lines, line => Frame().IsMatch(line));
        var head = string.Join('\n', end < 0 ? lines : lines[..end]).Trim();
        var excerpts = 0;
        return (head, end < 0 ? [] : [.. lines[end..].Where(line => line.Trim().Length > 0).Select(line => Line(line, ref excerpts))]);
    }

    private static TraceLine Line(string text, ref int excerpts)
    {
        if (Frame().Match(text) is not { Success: true } match || !match.Groups["file"].Success || excerpts >= MostExcerpts
            || !int.TryParse(match.Groups["line"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return new TraceLine(text.Trim(), 0, []);
        }

        var source = Excerpt(match.Groups["file"].Value, number);
        excerpts += source.Count > 0 ? 1 : 0;
        return new TraceLine(text.Trim(), number, source);
    }

    // Sources only: a program can name any file.
    private static List<(int, string)> Excerpt(string path, int number)
    {
        try
        {
            if (!s_sources.Contains(Path.GetExtension(path)) || new FileInfo(path) is not { Exists: true, Length: <= LongestSource })
            {
                return [];
            }

            var first = Math.Max(1, number - Around);
            return [.. File.ReadLines(path).Skip(first - 1).Take(number + Around - first + 1).Select((line, index) => (first + index, line))];
        }
        catch (System.Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The place alone says enough.
            return [];
        }
    }

    [GeneratedRegex(@"^\s+at \S.*?(?: in (?<file>/.+):line (?<line>\d+))?\s*$")]
    private static partial Regex Frame();

    [GeneratedRegex(@"(?:^|: )(?<type>(?:[A-Za-z_]\w*\.)*\w*Exception)(?:: (?<message>.*))?$", RegexOptions.Singleline)]
    private static partial Regex Exception();
}

/// <summary>A line of a stack trace.</summary>
/// <param name="Text">The line.</param>
/// <param name="Number">Of the line in its file; 0: there is no source.</param>
/// <param name="Source">Lines around it, with their numbers; empty where the file cannot be read.</param>
internal sealed record TraceLine(string Text, int Number, IReadOnlyList<(int Number, string Text)> Source)
{
    /// <summary>The source, with its line marked.</summary>
    public string Excerpt()
    {
        if (Source.Count == 0)
        {
            return "";
        }

        var html = new StringBuilder("<pre class=\"source\">");
        foreach (var (number, source) in Source)
        {
            var shown = ErrorDocument.Encode(string.Create(CultureInfo.InvariantCulture, $"{number,5}  {source}"));
            html.Append(number == Number ? $"<mark>{shown}</mark>" : shown).Append('\n');
        }

        return html.Append("</pre>").ToString();
    }
}
