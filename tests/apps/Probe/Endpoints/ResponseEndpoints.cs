using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Probe.Endpoints;

/// <summary>Status, reason, headers and trailers.</summary>
internal static class ResponseEndpoints
{
    public static void MapResponses(this IEndpointRouteBuilder app)
    {
        app.Map("/respond", Respond);
        app.Map("/empty", _ => Task.CompletedTask);
        app.Map("/headers/many", context =>
        {
            for (var i = 0; i < context.Number("n"); i++)
            {
                context.Response.Headers[string.Create(CultureInfo.InvariantCulture, $"X-Many-{i:000}")] = "value";
            }

            return context.Answer("many");
        });
        app.Map("/headers/size", context =>
        {
            context.Response.Headers["X-Size"] = new string('s', context.Number("n"));
            return context.Answer("size");
        });
        app.Map("/headers/append", context =>
        {
            context.Response.Headers.Append("X-Append", "one");
            context.Response.Headers.Append("X-Append", "two");
            context.Response.Headers.AppendCommaSeparatedValues("X-Comma", "a", "b, c");
            context.Response.Cookies.Append("first", "1");
            context.Response.Cookies.Append("second", "2", new CookieOptions { HttpOnly = true, Path = "/x" });
            return context.Answer("appended");
        });
        app.Map("/headers/removed", context =>
        {
            context.Response.Headers["X-Removed"] = "x";
            context.Response.Headers.Remove("X-Removed");
            context.Response.Headers["X-Null"] = (string?)null;
            context.Response.Headers["X-Empty"] = "";
            return context.Answer("removed");
        });
        app.Map("/headers/on-starting", context =>
        {
            foreach (var number in (int[])[1, 2, 3])
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Append("X-Order", number.ToString(CultureInfo.InvariantCulture));
                    return Task.CompletedTask;
                });
            }

            return context.Answer("ordered");
        });
        app.Map("/trailers", Trailers);
        app.Map("/trailers/supported", context => context.Answer(context.Response.SupportsTrailers().ToString()));
        app.Map("/redirect", context =>
        {
            context.Response.Redirect(context.Query("to"), context.Request.Query.ContainsKey("permanent"));
            return Task.CompletedTask;
        });
        app.Map("/on-completed", context =>
        {
            var key = context.Query("key");
            var order = "";
            context.Response.OnCompleted(() =>
            {
                Recorder.Note(key, order + "first");
                return Task.CompletedTask;
            });
            context.Response.OnCompleted(() =>
            {
                order = "second,";
                return Task.CompletedTask;
            });
            return context.Answer("completed");
        });
    }

    /// <summary>Any head: ?status= ?reason= ?h=Name:Value (repeated) ?body= ?length= (declared).</summary>
    private static async Task Respond(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = context.Number("status", 200);
        if (context.Query("reason") is { Length: > 0 } reason)
        {
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = reason;
        }

        foreach (var header in context.Request.Query["h"])
        {
            var colon = header!.IndexOf(':', StringComparison.Ordinal);
            response.Headers.Append(header[..colon], header[(colon + 1)..]);
        }

        if (context.Request.Query.ContainsKey("length"))
        {
            response.ContentLength = context.BigNumber("length");
        }

        if (context.Query("body") is { Length: > 0 } body)
        {
            await response.WriteAsync(body);
        }
    }

    private static async Task Trailers(HttpContext context)
    {
        if (context.Response.SupportsTrailers())
        {
            context.Response.DeclareTrailer("X-Trailer");
        }

        await context.Response.WriteAsync("body");
        if (context.Response.SupportsTrailers())
        {
            context.Response.AppendTrailer("X-Trailer", "after the body");
            context.Response.AppendTrailer("X-Second", "2");
        }
    }
}
