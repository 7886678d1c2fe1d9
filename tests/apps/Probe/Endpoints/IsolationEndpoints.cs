using System.Globalization;
using Microsoft.AspNetCore.DataProtection;

namespace Probe.Endpoints;

/// <summary>What must not pass from one request to the next, and what must pass from one worker to the next.</summary>
internal static class IsolationEndpoints
{
    private static readonly AsyncLocal<string?> s_local = new();

    public static void MapIsolation(this IEndpointRouteBuilder app)
    {
        app.Map("/isolation/async-local", async context =>
        {
            var before = s_local.Value ?? "(none)";
            s_local.Value = context.Query("set");
            if (context.Request.Query.ContainsKey("yield"))
            {
                await Task.Yield();
            }

            await context.Answer(before);
        });
        app.Map("/isolation/culture", context =>
        {
            var before = CultureInfo.CurrentCulture.Name;
            CultureInfo.CurrentCulture = new CultureInfo(context.Query("set"));
            CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture;
            return context.Answer(before.Length == 0 ? "(invariant)" : before);
        });
        app.Map("/isolation/context", context =>
        {
            // A reused HttpContext must look like a new one.
            var items = context.Items.Count;
            context.Items["left"] = "behind";
            var stale = context.Features.Get<Stale>() is not null;
            context.Features.Set(new Stale());
            context.Response.Headers["X-Once"] = "1";
            context.Response.RegisterForDispose(new Stale());
            return context.Answer($"{items} {stale} {context.Response.StatusCode} {context.Response.ContentType ?? "-"} "
                + $"{context.User.Identity?.IsAuthenticated} {context.RequestAborted.IsCancellationRequested}");
        });
        app.Map("/isolation/synchronization-context", context => context.Answer(
            SynchronizationContext.Current?.GetType().Name ?? "(none)"));
        app.Map("/protect", context => context.Answer(Protector(context).Protect(context.Query("text"))));
        app.Map("/unprotect", context => context.AnswerOutcome(() =>
        {
            context.Response.Headers["X-Text"] = Protector(context).Unprotect(context.Query("text"));
            return Task.CompletedTask;
        }));
    }

    private static IDataProtector Protector(HttpContext context) =>
        context.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("probe");

    private sealed class Stale : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
