using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Probe.Suite;

/// <summary>Request bodies and upgraded connections.</summary>
internal static class SuiteBodies
{
    /// <summary>The head goes with the first piece; each piece goes back before the next is read.</summary>
    public static async Task Echo(HttpContext context)
    {
        var buffer = new byte[16384];
        var read = await context.Request.Body.ReadAsync(buffer);
        if (read == 0)
        {
            await ExchangeSuite.Text(context, "");
            return;
        }

        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = context.Request.ContentLength;
        for (; read > 0; read = await context.Request.Body.ReadAsync(buffer))
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
            await context.Response.Body.FlushAsync();
        }
    }

    /// <summary>
    /// Reads the whole body in pieces of ?chunk=, ?ms= for each; tells its length and the sum of its bytes.
    /// </summary>
    public static async Task Upload(HttpContext context)
    {
        var chunk = context.Number("chunk", 65536);
        var reader = context.Request.BodyReader;
        long total = 0, sum = 0;
        while (true)
        {
            var result = await reader.ReadAsync();
            SuiteCounters.Waiting(result.Buffer.Length);
            var piece = result.Buffer.Slice(0, Math.Min(chunk, result.Buffer.Length));
            foreach (var memory in piece)
            {
                total += memory.Length;
                foreach (var value in memory.Span)
                {
                    sum += value;
                }
            }

            var done = result.IsCompleted && piece.Length == result.Buffer.Length;
            reader.AdvanceTo(piece.End);
            if (done)
            {
                break;
            }

            if (context.Number("ms") is > 0 and var ms)
            {
                await Task.Delay(ms);
            }
        }

        await ExchangeSuite.Text(context, string.Create(CultureInfo.InvariantCulture, $"{total} {sum}\n"));
    }

    /// <summary>The head goes out before anything of the body is asked for.</summary>
    public static async Task HeadThenBody(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync("head\n");
        await context.Response.Body.FlushAsync();
        await Task.Yield();
        await context.Request.Body.CopyToAsync(context.Response.Body);
    }

    /// <summary>What comes goes back; "bye" ends it, and with ?stop=1 the end of the application.</summary>
    public static async Task UpgradeEcho(HttpContext context)
    {
        context.Response.Headers.Upgrade = "stub";
        await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        var stop = context.Number("stop") != 0
            ? context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping
            : CancellationToken.None;
        var buffer = new byte[8192];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, stop)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
                if (buffer.AsSpan(0, read).SequenceEqual("bye"u8))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The other side hears a last word.
        }

        await stream.WriteAsync("end"u8.ToArray(), CancellationToken.None);
    }
}
