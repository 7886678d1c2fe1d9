using System.Net;
using System.Text;

namespace ModHost.Cli.Development;

/// <summary>What went wrong, as a page for who develops.</summary>
internal sealed class ErrorPage
{
    private const string Style = """
        body{font-family:sans-serif;margin:2rem;color:#222}h1{color:#b00020}li{margin:.5rem 0}
        pre{white-space:pre-wrap;background:#f6f6f6;padding:.5rem;margin:.25rem 0}mark{background:#ffd6d6}
        """;

    private readonly string _title;
    private readonly string _content;
    private readonly string _meanwhile;

    private ErrorPage(string title, string content, bool olderServes)
    {
        _title = title;
        _content = content;
        _meanwhile = olderServes ? "The version before it still answers everything but pages." : "Until then requests get 503.";
    }

    /// <param name="errors">As compilers write them, with file and line.</param>
    public static ErrorPage OfBuild(IReadOnlyList<string> errors) => new("The build failed",
        $"<ul>\n{string.Concat(errors.Select(error => $"<li><pre>{Encode(error)}</pre></li>\n"))}</ul>", olderServes: true);

    /// <param name="error">What the supervisor says, with the exception where there is one.</param>
    public static ErrorPage OfStart(string error, bool olderServes)
    {
        var parts = StartError.Read(error);
        var content = new StringBuilder();
        if (parts.Type.Length > 0)
        {
            content.Append("<h2>").Append(Encode(parts.Type)).Append("</h2>\n");
        }

        content.Append("<pre class=\"message\">").Append(Encode(parts.Message)).Append("</pre>\n<ol>\n");
        foreach (var line in parts.Trace)
        {
            content.Append("<li>").Append(Encode(line.Text)).Append(Source(line)).Append("</li>\n");
        }

        content.Append("</ol>");
        return new ErrorPage("The application does not start", content.ToString(), olderServes);
    }

    /// <param name="script">Loads the page anew when something has changed.</param>
    public string Html(string script) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>{_title}</title>
        <style>{Style}</style>
        <script src="{script}" async></script>
        </head>
        <body>
        <h1>{_title}</h1>
        {_content}
        <p>This page goes away by itself when that is corrected. {_meanwhile}</p>
        </body>
        </html>

        """;

    // The lines around it, with that one marked.
    private static string Source(TraceLine line)
    {
        if (line.Source.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder("<pre class=\"source\">");
        foreach (var (number, source) in line.Source)
        {
            var shown = Encode($"{number,5}  {source}");
            text.Append(number == line.Number ? $"<mark>{shown}</mark>" : shown).Append('\n');
        }

        return text.Append("</pre>").ToString();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
