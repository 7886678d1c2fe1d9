using System.Globalization;
using System.Text;

namespace Probe.Endpoints;

/// <summary>Responses in pieces, and responses that take their time.</summary>
internal static class StreamingEndpoints
{
    public static void MapStreaming(this IEndpointRouteBuilder app)
    {
        app.Map("/stream", Chunks);
        app.Map("/bytes", Bytes);
        app.Map("/endless", Endless);
        app.Map("/sse", ServerSentEvents);
        app.Map("/sleep", async context =>
        {
            await Task.Delay(context.Number("ms"), context.RequestAborted);
            await context.Answer("slept");
        });
        app.Map("/block", context =>
        {
            Thread.Sleep(context.Number("ms"));
            return context.Answer("blocked");
        });
        app.Map("/step", Steps);
        app.Map("/complete-async", CompleteAsync);
        app.Map("/start-async", async context =>
        {
            context.Response.Headers["X-Before"] = "1";
            await context.Response.StartAsync();
            await context.Response.WriteAsync(context.Response.HasStarted ? "started" : "not started");
        });
        app.Map("/pipe/unflushed", Unflushed);
        app.Map("/pipe/mixed", Mixed);
        app.Map("/pipe/no-write", context =>
        {
            context.Response.BodyWriter.GetSpan(100);
            return Task.CompletedTask;
        });
        app.Map("/pipe/complete", async context =>
        {
            await context.Response.BodyWriter.WriteAsync("completed"u8.ToArray());
            await context.Response.BodyWriter.CompleteAsync();
        });
        app.Map("/pipe/large-span", context =>
        {
            var n = context.Number("n", 100_000);
            HttpContextExtensions.FillPattern(context.Response.BodyWriter.GetSpan(n)[..n], 0);
            context.Response.BodyWriter.Advance(n);
            return Task.CompletedTask;
        });
        app.Map("/stream/large-write", async context =>
        {
            var bytes = new byte[context.Number("n", 10_000_000)];
            HttpContextExtensions.FillPattern(bytes, 0);
            await context.Response.Body.WriteAsync(bytes);
        });
    }

    /// <summary>?count= pieces of ?size= bytes, flushed.</summary>
    private static async Task Chunks(HttpContext context)
    {
        var bytes = new byte[context.Number("size", 10)];
        var count = context.Number("count", 3);
        context.Response.ContentType = "text/plain";
        for (var i = 0; i < count; i++)
        {
            Array.Fill(bytes, (byte)('a' + i % 26));
            await context.Response.Body.WriteAsync(bytes);
            await context.Response.Body.FlushAsync();
        }
    }

    /// <summary>?n= bytes of the pattern; with ?chunked no Content-Length.</summary>
    private static async Task Bytes(HttpContext context)
    {
        var left = context.BigNumber("n");
        if (!context.Request.Query.ContainsKey("chunked"))
        {
            context.Response.ContentLength = left;
        }

        context.Response.ContentType = "application/octet-stream";
        var buffer = new byte[65536];
        long offset = 0;
        while (left > 0)
        {
            var now = (int)Math.Min(left, buffer.Length);
            HttpContextExtensions.FillPattern(buffer.AsSpan(0, now), offset);
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, now));
            offset += now;
            left -= now;
        }
    }

    private static async Task Endless(HttpContext context)
    {
        var buffer = new byte[65536];
        Recorder.Add("endless-begun");
        try
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(buffer, context.RequestAborted);
                Recorder.Add("endless-bytes", buffer.Length);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has seen enough.
        }
        finally
        {
            Recorder.Add("endless-ended");
        }
    }

    private static async Task ServerSentEvents(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        var count = context.Number("count", 3);
        for (var i = 0; i < count; i++)
        {
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {i}\ndata: event {i}\n\n"));
            await context.Response.Body.FlushAsync();

            // The test opens the gate when it has seen the event: nothing may be held back on the way.
            if (context.Query("gate") is { Length: > 0 } gate)
            {
                await Recorder.Noted(string.Create(CultureInfo.InvariantCulture, $"{gate}-{i}"), context.RequestAborted);
            }
        }
    }

    /// <summary>Full duplex: answers each line of the body before it reads the next.</summary>
    private static async Task Steps(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        while (await reader.ReadLineAsync() is { } line)
        {
            await context.Response.WriteAsync($"got {line}\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private static async Task CompleteAsync(HttpContext context)
    {
        await context.Response.WriteAsync("complete");
        await context.Response.CompleteAsync();
        if (context.Query("gate") is { Length: > 0 } gate)
        {
            await Recorder.Noted(gate, CancellationToken.None);
            Recorder.Note(gate + "-after", "after");
        }
    }

    private static Task Unflushed(HttpContext context)
    {
        "unflushed"u8.CopyTo(context.Response.BodyWriter.GetSpan(9));
        context.Response.BodyWriter.Advance(9);
        return Task.CompletedTask;
    }

    private static async Task Mixed(HttpContext context)
    {
        "one "u8.CopyTo(context.Response.BodyWriter.GetSpan(4));
        context.Response.BodyWriter.Advance(4);
        await context.Response.Body.WriteAsync("two "u8.ToArray());
        await context.Response.WriteAsync("three ");
        "four"u8.CopyTo(context.Response.BodyWriter.GetSpan(4));
        context.Response.BodyWriter.Advance(4);
        await context.Response.BodyWriter.FlushAsync();
    }
}
