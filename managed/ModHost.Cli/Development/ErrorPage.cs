using ModHost.Development;

namespace ModHost.Cli.Development;

/// <summary>What went wrong, as a page for who develops.</summary>
internal sealed class ErrorPage
{
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
    /// <param name="olderServes">Something serves meanwhile: the version before it.</param>
    public static ErrorPage OfBuild(IReadOnlyList<string> errors, bool olderServes) => new("The build failed",
        $"<ul>\n{string.Concat(errors.Select(error => $"<li><pre>{ErrorDocument.Encode(error)}</pre></li>\n"))}</ul>", olderServes);

    /// <param name="error">What the supervisor says, with the exception where there is one.</param>
    public static ErrorPage OfStart(string error, bool olderServes) =>
        new("The application does not start", ExceptionText.Read(error).Html(), olderServes);

    /// <param name="script">Loads the page anew when something has changed.</param>
    public string Html(string script) => ErrorDocument.Html(_title, $"""<script src="{script}" async></script>""", $"""
        {_content}
        <p>This page goes away by itself when that is corrected. {_meanwhile}</p>
        """);
}
