using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Probe.Endpoints;

/// <summary>What an application should not do, and does.</summary>
internal static class MisuseEndpoints
{
    public static void MapMisuse(this IEndpointRouteBuilder app)
    {
        app.Map("/misuse/length", LengthMismatch);
        app.Map("/misuse/write-no-body", WriteWhereNoBody);
        app.Map("/misuse/header-after-start", AfterStart(context => context.Response.Headers["X-Late"] = "1"));
        app.Map("/misuse/status-after-start", AfterStart(context => context.Response.StatusCode = 404));
        app.Map("/misuse/reason-after-start", AfterStart(context =>
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "Late"));
        app.Map("/misuse/length-after-start", AfterStart(context => context.Response.ContentLength = 5));
        app.Map("/misuse/on-starting-after-start", AfterStart(context => context.Response.OnStarting(() => Task.CompletedTask)));
        app.Map("/misuse/clear-after-start", AfterStart(context => context.Response.Clear()));
        app.Map("/misuse/sync-io-after-start", AfterStart(context => context.Response.Body.Write("x"u8)));
        app.Map("/misuse/max-size-after-read", async context =>
        {
            await context.Request.Body.ReadAsync(new byte[1]);
            await context.AnswerOutcome(() =>
            {
                context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 1;
                return Task.CompletedTask;
            });
        });
        app.Map("/misuse/header-value", HeaderValue);
        app.Map("/misuse/header-name", context => context.AnswerOutcome(() =>
        {
            context.Response.Headers["X Bad" + context.Query("char")] = "1";
            return Task.CompletedTask;
        }));
        app.Map("/misuse/reason", context =>
        {
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "a\r\nInjected: 1";
            return context.Answer("reason");
        });
        app.Map("/misuse/status", context => context.AnswerOutcome(() =>
        {
            context.Response.StatusCode = context.Number("code");
            context.Response.StatusCode = 200;
            return Task.CompletedTask;
        }));
        app.Map("/misuse/negative-length", context => context.AnswerOutcome(() =>
        {
            context.Response.ContentLength = -5;
            return Task.CompletedTask;
        }));
        app.Map("/misuse/throw-on-starting", Task (context) =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException("thrown from OnStarting"));
            return context.Answer("never seen");
        });
        app.Map("/misuse/throw-on-starting-empty", context =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException("thrown from OnStarting"));
            return Task.CompletedTask;
        });
        app.Map("/misuse/throw-on-completed", context =>
        {
            context.Response.OnCompleted(() => throw new InvalidOperationException("thrown from OnCompleted"));
            return context.Answer("fine");
        });
        app.Map("/misuse/late-write", LateWrite);
        app.Map("/misuse/late-read", LateRead);
        app.Map("/misuse/late-context", LateContext);
        app.Map("/misuse/write-after-complete", WriteAfterComplete);
        app.Map("/misuse/concurrent-writes", ConcurrentWrites);
        app.Map("/misuse/length-string", context =>
        {
            context.Response.Headers.ContentLength = 3;
            context.Response.Headers["Content-Length"] = "3";
            return context.Response.WriteAsync("abc");
        });
        app.Map("/misuse/bad-length-string", context => context.AnswerOutcome(() =>
        {
            context.Response.Headers["Content-Length"] = context.Query("value");
            return Task.CompletedTask;
        }));
        app.Map("/misuse/advance-too-far", context => context.AnswerOutcome(() =>
        {
            context.Response.BodyWriter.GetSpan(10);
            context.Response.BodyWriter.Advance(10_000_000);
            return Task.CompletedTask;
        }));
    }

    /// <summary>?set= is declared, ?write= written; ?key= notes what the app saw.</summary>
    private static async Task LengthMismatch(HttpContext context)
    {
        context.Response.ContentLength = context.Number("set");
        var outcome = await HttpContextExtensions.Outcome(async () =>
        {
            if (context.Number("write") > 0)
            {
                await context.Response.WriteAsync(new string('x', context.Number("write")));
            }
        });
        Recorder.Note(context.Query("key"), outcome);
        if (context.Request.Query.ContainsKey("then"))
        {
            await context.Response.WriteAsync(context.Query("then"));
        }
    }

    private static async Task WriteWhereNoBody(HttpContext context)
    {
        context.Response.StatusCode = context.Number("status", 204);
        var outcome = await HttpContextExtensions.Outcome(() => context.Response.WriteAsync("not allowed"));
        Recorder.Note(context.Query("key"), outcome);
    }

    private static RequestDelegate AfterStart(Action<HttpContext> change) => async context =>
    {
        await context.Response.WriteAsync("started: ");
        await context.Response.Body.FlushAsync();
        var outcome = await HttpContextExtensions.Outcome(() =>
        {
            change(context);
            return Task.CompletedTask;
        });
        await context.Response.WriteAsync(outcome);
    };

    /// <summary>A header value with the character ?code= in it.</summary>
    private static Task HeaderValue(HttpContext context) => context.AnswerOutcome(() =>
    {
        context.Response.Headers["X-Value"] = string.Create(CultureInfo.InvariantCulture, $"a{(char)context.Number("code")}b");
        return Task.CompletedTask;
    });

    /// <summary>Keeps the response and writes when the request is over.</summary>
    private static Task LateWrite(HttpContext context)
    {
        var body = context.Response.Body;
        Later(context, () => body.WriteAsync("late"u8.ToArray()).AsTask());
        return context.Answer("in time");
    }

    private static Task LateRead(HttpContext context)
    {
        var body = context.Request.Body;
        Later(context, () => body.ReadAsync(new byte[1]).AsTask());
        return context.Answer("in time");
    }

    private static Task LateContext(HttpContext context)
    {
        Later(context, () =>
        {
            _ = context.Request.Path;
            return Task.CompletedTask;
        });
        return context.Answer("in time");
    }

    private static void Later(HttpContext context, Func<Task> action)
    {
        var key = context.Query("key");
        _ = Task.Run(async () =>
        {
            await Recorder.Noted(key + "-go", CancellationToken.None);
            Recorder.Note(key, await HttpContextExtensions.Outcome(action));
        });
    }

    private static Task ConcurrentWrites(HttpContext context) =>
        Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => HttpContextExtensions.Outcome(() => context.Response.WriteAsync(new string((char)('a' + i), 100))))));

    private static async Task WriteAfterComplete(HttpContext context)
    {
        await context.Response.WriteAsync("complete");
        await context.Response.CompleteAsync();
        Recorder.Note(context.Query("key"), await HttpContextExtensions.Outcome(() => context.Response.WriteAsync("more")));
    }
}
