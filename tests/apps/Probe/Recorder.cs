using System.Collections.Concurrent;
using System.Globalization;

namespace Probe;

/// <summary>What happened outside a response: notes and counters that a later request reads.</summary>
internal static class Recorder
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> s_notes = new();
    private static readonly ConcurrentDictionary<string, long> s_counters = new();

    public static void Note(string key, string value) => Slot(key).TrySetResult(value);

    public static void Note(string key, Exception error) => Note(key, Describe(error));

    /// <summary>An exception as far as two servers can agree on it.</summary>
    public static string Describe(Exception error) => $"{error.GetType().Name}: {error.Message}";

    public static long Add(string counter, long by = 1) => s_counters.AddOrUpdate(counter, by, (_, old) => old + by);

    public static long Get(string counter) => s_counters.GetValueOrDefault(counter);

    // The dictionary's own ToArray: Linq's asks for the count first, and other requests add counters in the meantime.
    public static IEnumerable<KeyValuePair<string, long>> Counters =>
        s_counters.ToArray().OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Completes when somebody noted something for this key.</summary>
    public static Task<string> Noted(string key, CancellationToken cancelled) => Slot(key).Task.WaitAsync(cancelled);

    /// <summary>
    /// /recorded?key= waits for the note (408 after a while), /counters lists the counters, /gate/open?key= lets the
    /// requests go on that wait at /gate/wait?key=.
    /// </summary>
    public static void MapRecorder(this IEndpointRouteBuilder app)
    {
        app.MapGet("/recorded", async context =>
        {
            try
            {
                var note = await Slot(context.Query("key")).Task.WaitAsync(TimeSpan.FromSeconds(30), context.RequestAborted);
                await context.Answer(note);
            }
            catch (TimeoutException)
            {
                context.Response.StatusCode = StatusCodes.Status408RequestTimeout;
            }
        });

        app.MapGet("/counters", context =>
        {
            var lines = Counters.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}\n"));
            return context.Answer(string.Concat(lines));
        });

        app.Map("/gate/open", context =>
        {
            Note(context.Query("key"), "open");
            return context.Answer("open");
        });

        app.Map("/gate/wait", async context =>
        {
            Recorder.Add("gate-waiting");
            try
            {
                await Noted(context.Query("key"), context.RequestAborted);
                await context.Answer("passed");
            }
            finally
            {
                Recorder.Add("gate-waiting", -1);
            }
        });
    }

    private static TaskCompletionSource<string> Slot(string key) =>
        s_notes.GetOrAdd(key, _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>How many requests are inside the application; /counters itself is not counted.</summary>
internal static class InFlight
{
    public static async Task Count(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path == "/counters")
        {
            await next(context);
            return;
        }

        Recorder.Add("requests");
        Recorder.Add("in-flight");
        context.Response.OnCompleted(() =>
        {
            Recorder.Add("in-flight", -1);
            return Task.CompletedTask;
        });
        await next(context);
    }
}
