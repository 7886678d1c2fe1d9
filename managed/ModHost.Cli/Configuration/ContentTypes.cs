namespace ModHost.Cli.Configuration;

/// <summary>Types of files by the ends of their names.</summary>
internal static class ContentTypes
{
    /// <summary>Of what is found in published web roots.</summary>
    public static readonly (string Type, string Names)[] All =
    [
        ("text/html", "html htm"),
        ("text/css", "css"),
        ("text/plain", "txt"),
        ("text/xml", "xml"),
        ("text/javascript", "js mjs"),
        ("application/json", "json map"),
        ("application/manifest+json", "webmanifest"),
        ("application/pdf", "pdf"),
        ("application/wasm", "wasm"),
        ("application/atom+xml", "atom"),
        ("application/rss+xml", "rss"),
        ("application/zip", "zip"),
        ("audio/mpeg", "mp3"),
        ("font/otf", "otf"),
        ("font/ttf", "ttf"),
        ("font/woff", "woff"),
        ("font/woff2", "woff2"),
        ("image/avif", "avif"),
        ("image/gif", "gif"),
        ("image/jpeg", "jpeg jpg"),
        ("image/png", "png"),
        ("image/svg+xml", "svg svgz"),
        ("image/webp", "webp"),
        ("image/x-icon", "ico"),
        ("text/csv", "csv"),
        ("text/markdown", "md"),
        ("video/mp4", "mp4"),
        ("video/webm", "webm"),
    ];

    /// <summary>Text in all its forms, but HTML, which servers compress anyway.</summary>
    public static readonly string[] Compressible =
    [
        "text/css", "text/plain", "text/xml", "text/javascript", "application/javascript", "application/json",
        "application/problem+json", "application/xml", "application/wasm", "application/manifest+json",
        "image/svg+xml",
    ];
}
