using System.Net;

namespace ModHost.Development;

/// <summary>A page that says what is wrong, for who develops.</summary>
/// <remarks>Part of ModHost.Server and of the command, which has no ASP.NET Core.</remarks>
internal static class ErrorDocument
{
    private const string Style = """
        body{font-family:sans-serif;margin:2rem;color:#222}h1{color:#b00020}li{margin:.5rem 0}
        pre{white-space:pre-wrap;background:#f6f6f6;padding:.5rem;margin:.25rem 0}mark{background:#ffd6d6}
        th{text-align:left;vertical-align:top;padding-right:1rem;white-space:nowrap}td{word-break:break-all}
        """;

    /// <param name="title">Text.</param>
    /// <param name="head">More elements of the head.</param>
    /// <param name="content">Elements.</param>
    public static string Html(string title, string head, string content) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>{Encode(title)}</title>
        <style>{Style}</style>
        {head}
        </head>
        <body>
        <h1>{Encode(title)}</h1>
        {content}
        </body>
        </html>

        """;

    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}
