using System.Globalization;

namespace Hello;

/// <summary>The answers that benchmarks ask for: fixed bytes, no surprises.</summary>
internal static class Payload
{
    private static readonly byte[] s_plaintext = "Hello, World!"u8.ToArray();
    private static readonly byte[] s_pattern = MakePattern();

    /// <summary>13 bytes.</summary>
    public static Task Plaintext(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = s_plaintext.Length;
        return response.Body.WriteAsync(s_plaintext).AsTask();
    }

    /// <summary><c>?n=</c> bytes of a repeating alphabet.</summary>
    public static async Task Bytes(HttpContext context)
    {
        if (!long.TryParse(context.Request.Query["n"], NumberStyles.None, CultureInfo.InvariantCulture, out var left))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = left;
        while (left > 0)
        {
            var now = (int)Math.Min(left, s_pattern.Length);
            await context.Response.Body.WriteAsync(s_pattern.AsMemory(0, now), context.RequestAborted);
            left -= now;
        }
    }

    /// <summary>Reads the body and answers with its length.</summary>
    public static async Task Upload(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        long length = 0;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            length += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync(length.ToString(CultureInfo.InvariantCulture));
    }

    // 64 KiB less a remainder, so that the alphabet goes on where a repetition meets the next.
    private static byte[] MakePattern()
    {
        var pattern = new byte[26 * 2520];
        for (var i = 0; i < pattern.Length; i++)
        {
            pattern[i] = (byte)('a' + i % 26);
        }

        return pattern;
    }
}
