using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Hosting.Server;

namespace Hello;

/// <summary>What a person sees: a page that says who answered, and the request as the application got it.</summary>
internal static class Page
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color:#222}" +
        "code{background:#f3f3f3;padding:.1em .3em;border-radius:.2em}dt{font-weight:600}dd{margin:0 0 .5rem}";

    public static Task Write(HttpContext context)
    {
        var request = context.Request;
        var connection = context.Connection;
        var server = context.RequestServices.GetRequiredService<IServer>().GetType();
        var root = request.PathBase.ToUriComponent();
        var html = new StringBuilder(2048)
            .Append("<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Hello, World!</title><style>")
            .Append(Style).Append("</style><h1>Hello, World!</h1><p>An ASP.NET Core application answered.</p><dl>");

        Row(html, "Server", server.FullName);
        Row(html, "Process", $"{Environment.ProcessId} ({Path.GetFileName(Environment.ProcessPath)})");
        Row(html, "Runtime", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription
            + (System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported ? "" : ", NativeAOT"));
        Row(html, "You", $"{connection.RemoteIpAddress}, {request.Protocol}, {request.Scheme}");
        html.Append("</dl><p>Try ");
        foreach (var path in (ReadOnlySpan<string>)["/plaintext", "/json", "/headers", "/bytes?n=1000"])
        {
            html.Append(CultureInfo.InvariantCulture, $"<a href='{root}{path}'><code>{path}</code></a> ");
        }

        html.Append("or <code>POST /upload</code>.</p></html>\n");
        return Send(context, "text/html; charset=utf-8", html);
    }

    public static Task WriteHeaders(HttpContext context)
    {
        var request = context.Request;
        var text = new StringBuilder(1024)
            .Append(CultureInfo.InvariantCulture, $"{request.Method} {request.PathBase}{request.Path}{request.QueryString}")
            .Append(CultureInfo.InvariantCulture, $" {request.Protocol}\n");
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
            }
        }

        return Send(context, "text/plain; charset=utf-8", text);
    }

    private static void Row(StringBuilder html, string name, string? value) =>
        html.Append("<dt>").Append(name).Append("<dd>").Append(HtmlEncoder.Default.Encode(value ?? ""));

    private static Task Send(HttpContext context, string type, StringBuilder text)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }
}
