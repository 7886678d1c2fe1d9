using Microsoft.AspNetCore.Http.Features;

namespace Probe.Suite;

/// <summary>Response heads and bodies.</summary>
internal static class SuiteResponses
{
    /// <summary>
    /// ?n= pieces of ?size= bytes, ?ms= apart; ?length=1 declares the length, ?flush=0 leaves it to the pipe.
    /// </summary>
    public static async Task Stream(HttpContext context)
    {
        var (count, ms) = (context.Number("n", 10), context.Number("ms"));
        var piece = Letters(context.Number("size", 100));
        context.Response.ContentType = "text/plain";
        if (context.Number("length") != 0)
        {
            context.Response.ContentLength = (long)count * piece.Length;
        }

        for (var i = 0; i < count; i++)
        {
            if (context.Number("flush", 1) != 0)
            {
                await context.Response.Body.WriteAsync(piece);
            }
            else
            {
                await Gather(context.Response.BodyWriter, piece);
            }

            if (ms > 0)
            {
                await Task.Delay(ms);
            }
        }
    }

    public static Task Big(HttpContext context)
    {
        var bytes = Letters(context.Number("size", 65536));
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes).AsTask();
    }

    public static async Task Sleep(HttpContext context)
    {
        await Task.Delay(context.Number("ms", 100));
        await ExchangeSuite.Text(context, "slept\n");
    }

    /// <summary>Head, then nothing for a while: the head must be with the client.</summary>
    public static async Task HeadFirst(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.Body.FlushAsync();
        await Task.Delay(context.Number("ms", 300));
        await context.Response.WriteAsync("then\n");
    }

    public static async Task SendFile(HttpContext context)
    {
        var path = context.Query("file");
        if (!File.Exists(path))
        {
            await ExchangeSuite.Text(context, "no file\n", StatusCodes.Status404NotFound);
            return;
        }

        var offset = context.BigNumber("offset");
        var length = context.Request.Query.ContainsKey("length")
            ? context.BigNumber("length")
            : new FileInfo(path).Length - offset;
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = length;
        await context.Response.SendFileAsync(path, offset, length);
    }

    public static async Task Trailers(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync("body\n");
        await context.Response.Body.FlushAsync();
        context.Response.AppendTrailer("Grpc-Status", "0");
        context.Response.AppendTrailer("X-Sum", "abc");
    }

    public static Task BigHeaders(HttpContext context)
    {
        for (var i = 0; i < context.Number("n", 32); i++)
        {
            context.Response.Headers.Append("X-Big", new string('v', 1000));
        }

        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>?status= &amp;reason= &amp;name= &amp;value= &amp;body= &amp;length=</summary>
    public static async Task Custom(HttpContext context)
    {
        var response = context.Response;
        var body = context.Query("body");
        response.StatusCode = context.Number("status", 200);
        if (context.Query("reason") is { Length: > 0 } reason)
        {
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = reason;
        }

        if (context.Query("name") is { Length: > 0 } name)
        {
            response.Headers[name] = context.Query("value");
        }

        if (response.StatusCode is not (204 or 304))
        {
            response.ContentLength = context.Number("length", body.Length);
            await response.WriteAsync(body);
        }
        else if (body.Length > 0)
        {
            // Refused with an exception, and nothing of it may be seen.
            await HttpContextExtensions.Outcome(() => response.WriteAsync(body));
        }
    }

    public static Task Cookies(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.SetCookie = new(["a=1; path=/", "b=2; path=/"]);
        response.Headers.WWWAuthenticate = new(["Basic realm=\"x\"", "Bearer"]);
        response.Headers.ContentType = "text/html; charset=utf-8";
        response.Headers.Server = "stub";
        response.Headers.Date = "Thu, 01 Jan 1970 00:00:00 GMT";
        response.Headers.KeepAlive = "timeout=5";
        response.Headers.TransferEncoding = "chunked";
        response.Headers["X-Custom"] = "c";
        response.ContentLength = 2;
        return response.WriteAsync("no");
    }

    private static async Task Gather(System.IO.Pipelines.PipeWriter writer, byte[] piece)
    {
        piece.CopyTo(writer.GetSpan(piece.Length));
        writer.Advance(piece.Length);
        if (writer.UnflushedBytes > 65536)
        {
            await writer.FlushAsync();
        }
    }

    private static byte[] Letters(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++)
        {
            bytes[i] = (byte)('a' + i % 26);
        }

        return bytes;
    }
}
