using Microsoft.AspNetCore.Http.Features;

namespace Probe.Endpoints;

/// <summary>Requests that end before their time, from either side.</summary>
internal static class AbortEndpoints
{
    public static void MapAborts(this IEndpointRouteBuilder app)
    {
        app.Map("/abort", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        app.Map("/abort/after-head", async context =>
        {
            await Started(context);
            context.Abort();
        });
        app.Map("/abort/then-write", async context =>
        {
            context.Abort();
            Recorder.Note(context.Query("key"), await HttpContextExtensions.Outcome(() => context.Response.WriteAsync("after")));
        });
        app.Map("/abort/token", async context =>
        {
            var fired = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(fired.SetResult);
            context.Abort();
            await fired.Task;
            Recorder.Note(context.Query("key"), "fired");
        });
        app.Map("/throw", _ => throw new InvalidOperationException("thrown before the head"));
        app.Map("/throw/after-head", async context =>
        {
            await Started(context);
            throw new InvalidOperationException("thrown after the head");
        });
        app.Map("/throw/after-head-with-length", async context =>
        {
            context.Response.ContentLength = 1000;
            await Started(context);
            throw new InvalidOperationException("thrown after the head");
        });
        app.Map("/throw/unflushed", context =>
        {
            context.Response.Headers["X-Lost"] = "1";
            "lost"u8.CopyTo(context.Response.BodyWriter.GetSpan(4));
            context.Response.BodyWriter.Advance(4);
            throw new InvalidOperationException("thrown with bytes in the pipe");
        });
        app.Map("/throw/async", async _ =>
        {
            await Task.Yield();
            throw new InvalidOperationException("thrown on another thread");
        });
        app.Map("/throw/bad-request", _ => throw new BadHttpRequestException("refused by the app", StatusCodes.Status418ImATeapot));
        app.Map("/throw/canceled", _ => throw new OperationCanceledException("cancelled by the app"));
        app.Map("/reset", context =>
        {
            var feature = context.Features.Get<IHttpResetFeature>();
            if (feature is null)
            {
                return context.Answer("no feature");
            }

            feature.Reset(context.Number("code"));
            return Task.CompletedTask;
        });
        app.Map("/wait-abort", WaitAbort);
        app.Map("/wait-abort/writes", WritesAfterAbort);
        app.Map("/wait-abort/reads", ReadsAfterAbort);
        app.Map("/wait-abort/random", RandomWork);
    }

    private static async Task Started(HttpContext context)
    {
        await context.Response.WriteAsync("started");
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Waits for the client to go. Counters: abort-begun, abort-fired; the note ?key= says how it ended.</summary>
    private static async Task WaitAbort(HttpContext context)
    {
        Recorder.Add("abort-begun");
        if (context.Request.Query.ContainsKey("head"))
        {
            await Started(context);
        }

        var aborted = Aborted(context);
        Recorder.Note(context.Query("key") + "-begun", "begun");
        await aborted;
        Recorder.Add("abort-fired");
        Recorder.Note(context.Query("key"), "fired");
    }

    private static async Task WritesAfterAbort(HttpContext context)
    {
        Recorder.Note(context.Query("key") + "-begun", "begun");
        await Aborted(context);
        var outcome = await HttpContextExtensions.Outcome(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await context.Response.Body.WriteAsync(new byte[10_000]);
                await context.Response.Body.FlushAsync();
            }
        });
        Recorder.Note(context.Query("key"), outcome);
    }

    private static async Task ReadsAfterAbort(HttpContext context)
    {
        Recorder.Note(context.Query("key") + "-begun", "begun");
        var outcome = await HttpContextExtensions.Outcome(() => context.Request.Body.CopyToAsync(Stream.Null));
        Recorder.Note(context.Query("key"), outcome);
    }

    /// <summary>Reads and writes until the client goes. Counters: random-begun, random-fired, random-ended.</summary>
    private static async Task RandomWork(HttpContext context)
    {
        Recorder.Add("random-begun");
        var reads = HttpContextExtensions.Outcome(() => context.Request.Body.CopyToAsync(Stream.Null));
        try
        {
            var bytes = new byte[context.Number("size", 1000)];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
                await Task.Delay(1, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // That is what this waits for.
        }

        // Not by a callback of its own: disposing of a registration may come before its turn.
        Recorder.Add("random-fired", context.RequestAborted.IsCancellationRequested ? 1 : 0);
        await reads;
        Recorder.Add("random-ended");
    }

    private static Task Aborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.RequestAborted.Register(aborted.SetResult);
        return aborted.Task;
    }
}
