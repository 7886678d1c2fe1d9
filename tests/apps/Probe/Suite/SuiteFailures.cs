namespace Probe.Suite;

/// <summary>Exchanges that end before their time, and what an application should not do.</summary>
internal static class SuiteFailures
{
    /// <summary>Answers only where nobody can hear it.</summary>
    public static async Task Abort(HttpContext context)
    {
        try
        {
            await Task.Delay(context.Number("ms", 30000), context.RequestAborted);
            await ExchangeSuite.Text(context, "not aborted\n");
        }
        catch (OperationCanceledException)
        {
            await ExchangeSuite.Text(context, "late");
        }
    }

    public static Task Reset(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public static async Task ResetAfterHead(HttpContext context)
    {
        if (context.Number("length") is > 0 and var length)
        {
            context.Response.ContentLength = length;
        }

        await Half(context, "begun...\n");
        await Task.Delay(context.Number("ms", 20));
        context.Abort();
    }

    /// <summary>An application leaves a response unfinished by an exception.</summary>
    public static async Task Unfinished(HttpContext context)
    {
        await Half(context, "half");
        throw new InvalidOperationException("thrown in the middle of a response");
    }

    public static async Task DoubleEnd(HttpContext context)
    {
        await ExchangeSuite.Text(context, "once\n");
        await context.Response.CompleteAsync();
        await context.Response.CompleteAsync();
        if (await HttpContextExtensions.Outcome(() => context.Response.WriteAsync("twice\n")) == "no exception")
        {
            Environment.FailFast("a write after the end was accepted");
        }
    }

    /// <summary>?kind=0: a value with a line break in it, 2: a name with a space.</summary>
    public static Task BadHead(HttpContext context)
    {
        context.Response.Headers[context.Number("kind") == 2 ? "X Bad" : "X-Bad"] = "a\r\nX-Evil: 1";
        return Task.CompletedTask;
    }

    private static async Task Half(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }
}
