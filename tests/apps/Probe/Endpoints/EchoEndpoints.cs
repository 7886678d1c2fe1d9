using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace Probe.Endpoints;

/// <summary>Request bodies: read in every way, and sent back.</summary>
internal static class EchoEndpoints
{
    public static void MapEcho(this IEndpointRouteBuilder app)
    {
        app.Map("/echo", Interleaved);
        app.Map("/echo/buffered", Buffered);
        app.Map("/echo/sync", Synchronous);
        app.Map("/echo/pipe", context => context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter));
        app.Map("/echo/twice", Twice);
        app.Map("/echo/chars", Text);
        app.Map("/body/length", Length);
        app.Map("/body/part", Part);
        app.Map("/body/ignore", context => context.Answer("not read"));
        app.Map("/body/read-after-end", ReadAfterEnd);
        app.Map("/body/zero-byte-read", ZeroByteRead);
        app.Map("/body/form", Form);
        app.Map("/body/can-have", context => context.Answer(
            context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody.ToString() ?? "no feature"));
        app.Map("/body/trailers", Trailers);
        app.Map("/body/error", Error);
        app.Map("/body/peek", Peek);
        app.Map("/sync/read-refused", context => context.AnswerOutcome(() =>
        {
            context.Request.Body.ReadByte();
            return Task.CompletedTask;
        }));
        app.Map("/sync/write-refused", context => context.AnswerOutcome(() =>
        {
            context.Response.Body.Write("x"u8);
            return Task.CompletedTask;
        }));
        app.Map("/sync/flush-refused", context => context.AnswerOutcome(() =>
        {
            context.Response.Body.Flush();
            return Task.CompletedTask;
        }));
    }

    private static async Task Interleaved(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType ?? "application/octet-stream";
        var buffer = new byte[context.Number("size", 16384)];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
            await context.Response.Body.FlushAsync();
        }
    }

    private static async Task Buffered(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.ContentLength = body.Length;
        body.Position = 0;
        await body.CopyToAsync(context.Response.Body);
    }

    private static Task Synchronous(HttpContext context)
    {
        context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
        var buffer = new byte[1000];
        int read;
        while ((read = context.Request.Body.Read(buffer, 0, buffer.Length)) > 0)
        {
            context.Response.Body.Write(buffer, 0, read);
        }

        context.Response.Body.Flush();
        return Task.CompletedTask;
    }

    private static async Task Twice(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        for (var i = 0; i < 2; i++)
        {
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
    }

    private static async Task Text(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync(await reader.ReadToEndAsync());
    }

    private static async Task Length(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[65536];
        long length = 0;
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        await context.Answer(string.Create(CultureInfo.InvariantCulture, $"{length} {Convert.ToHexString(hash.GetHashAndReset())}"));
    }

    private static async Task Part(HttpContext context)
    {
        var buffer = new byte[context.Number("n", 10)];
        var read = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
        await context.Answer(string.Create(CultureInfo.InvariantCulture, $"{read}"));
    }

    private static async Task ReadAfterEnd(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        var again = await context.Request.Body.ReadAsync(new byte[1]);
        await context.Answer(string.Create(CultureInfo.InvariantCulture, $"{again}"));
    }

    private static async Task ZeroByteRead(HttpContext context)
    {
        await context.Request.Body.ReadExactlyAsync(Memory<byte>.Empty);
        var zero = await context.Request.Body.ReadAsync(Memory<byte>.Empty);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Answer(string.Create(CultureInfo.InvariantCulture, $"{zero} {body.Length}"));
    }

    private static async Task Form(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var fields = form.Select(field => $"{field.Key}={field.Value}").Order(StringComparer.Ordinal);
        var files = form.Files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name}:{file.FileName}:{file.Length}"));
        await context.Answer(string.Join('\n', fields.Concat(files)));
    }

    private static async Task Trailers(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        var feature = context.Features.Get<IHttpRequestTrailersFeature>();
        var text = feature is not { Available: true } ? "none"
            : string.Join('\n', feature.Trailers.Select(trailer => $"{trailer.Key}: {trailer.Value}"));
        await context.Answer(text);
    }

    /// <summary>Reads until an exception and notes it; ?key= names the note.</summary>
    private static async Task Error(HttpContext context)
    {
        var outcome = await HttpContextExtensions.Outcome(() => context.Request.Body.CopyToAsync(Stream.Null));
        Recorder.Note(context.Query("key"), outcome);
        await context.Answer(outcome);
    }

    /// <summary>Examines the first bytes without consuming them, then reads everything.</summary>
    private static async Task Peek(HttpContext context)
    {
        PipeReader reader = context.Request.BodyReader;
        var first = await reader.ReadAtLeastAsync(5);
        reader.AdvanceTo(first.Buffer.Start, first.Buffer.GetPosition(Math.Min(5, first.Buffer.Length)));
        using var rest = new MemoryStream();
        await reader.CopyToAsync(rest);
        context.Response.ContentLength = rest.Length;
        await context.Response.Body.WriteAsync(rest.GetBuffer().AsMemory(0, (int)rest.Length));
    }
}
