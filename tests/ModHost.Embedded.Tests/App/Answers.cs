namespace Behaviour;

/// <summary>What the application answers.</summary>
internal static class Answers
{
    public static async Task Write(HttpContext context)
    {
        Console.WriteLine($"asked for {context.Request.Path}");
        if (context.Request.Path != "/large")
        {
            await context.Response.WriteAsync($"Hello, {context.Request.Path}");
            return;
        }

        // In one piece, which is more than any web server's block.
        var writer = context.Response.BodyWriter;
        const int Size = 3 << 20;
        writer.GetSpan(Size)[..Size].Fill((byte)'x');
        writer.Advance(Size);
        await writer.FlushAsync();
    }
}
