using System.Globalization;
using System.Text;

namespace Probe;

/// <summary>The few words that every endpoint needs.</summary>
internal static class HttpContextExtensions
{
    public static string Query(this HttpContext context, string name) => context.Request.Query[name].ToString();

    public static int Number(this HttpContext context, string name, int otherwise = 0) =>
        int.TryParse(context.Query(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    public static long BigNumber(this HttpContext context, string name) =>
        long.TryParse(context.Query(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Plain text with a Content-Length.</summary>
    public static Task Answer(this HttpContext context, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, CancellationToken.None).AsTask();
    }

    /// <summary>Runs an action and tells its exception as the answer, or "no exception".</summary>
    public static async Task AnswerOutcome(this HttpContext context, Func<Task> action) =>
        await context.Answer(await Outcome(action));

    public static async Task<string> Outcome(Func<Task> action)
    {
        try
        {
            await action();
            return "no exception";
        }
        catch (Exception error)
        {
            return Recorder.Describe(error);
        }
    }

    /// <summary>Bytes whose every position is known: (offset % 251).</summary>
    public static void FillPattern(Span<byte> bytes, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((offset + i) % 251);
        }
    }
}
