using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Probe;

/// <summary>The request as the application sees it, as JSON.</summary>
internal static class RequestDump
{
    public static async Task Write(HttpContext context)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            Fill(json, context.Request, context.Features.Get<IHttpRequestFeature>()!);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory);
    }

    private static void Fill(Utf8JsonWriter json, HttpRequest request, IHttpRequestFeature feature)
    {
        json.WriteStartObject();
        json.WriteString("method", request.Method);
        json.WriteString("scheme", request.Scheme);
        json.WriteString("host", request.Host.Value);
        json.WriteString("pathBase", request.PathBase.Value);
        json.WriteString("path", request.Path.Value);
        json.WriteString("query", request.QueryString.Value);
        json.WriteString("rawTarget", feature.RawTarget);
        json.WriteString("protocol", request.Protocol);
        json.WriteString("contentLength", request.ContentLength?.ToString(CultureInfo.InvariantCulture));
        json.WriteString("contentType", request.ContentType);
        json.WriteStartObject("queryValues");
        foreach (var (name, values) in request.Query)
        {
            Strings(json, name, values);
        }

        json.WriteEndObject();
        json.WriteStartObject("cookies");
        foreach (var (name, value) in request.Cookies)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("headers");
        foreach (var (name, values) in request.Headers.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            Strings(json, name, values);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
