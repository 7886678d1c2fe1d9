using Microsoft.AspNetCore.Http.Features;

namespace Probe.Suite;

/// <summary>
/// The application of the exchange suite (tests/native/stub): the same paths with the same answers as the stub in C,
/// so that one list of scenarios runs against both. Chosen by PROBE_ENDPOINTS=exchange.
/// </summary>
internal static partial class ExchangeSuite
{
    private static readonly Dictionary<string, RequestDelegate> s_paths = new(StringComparer.Ordinal)
    {
        ["plaintext"] = context => Text(context, "Hello, World!"),
        ["empty"] = context => Text(context, ""),
        ["info"] = SuiteReports.Info,
        ["counters"] = context => Text(context, SuiteCounters.Write()),
        ["environment"] = SuiteReports.Environment,
        ["spawn"] = SuiteReports.Spawn,
        ["log"] = SuiteReports.Log,
        ["flood"] = SuiteReports.Flood,
        ["echo"] = SuiteBodies.Echo,
        ["upload"] = SuiteBodies.Upload,
        ["head-then-body"] = SuiteBodies.HeadThenBody,
        ["no-read"] = context => Text(context, "no\n", StatusCodes.Status403Forbidden),
        ["upgrade-echo"] = SuiteBodies.UpgradeEcho,
        ["stream"] = SuiteResponses.Stream,
        ["big"] = SuiteResponses.Big,
        ["sleep"] = SuiteResponses.Sleep,
        ["head-first"] = SuiteResponses.HeadFirst,
        ["sendfile"] = SuiteResponses.SendFile,
        ["trailers"] = SuiteResponses.Trailers,
        ["big-headers"] = SuiteResponses.BigHeaders,
        ["custom"] = SuiteResponses.Custom,
        ["cookies"] = SuiteResponses.Cookies,
        ["abort"] = SuiteFailures.Abort,
        ["reset"] = SuiteFailures.Reset,
        ["reset-after-head"] = SuiteFailures.ResetAfterHead,
        ["unfinished"] = SuiteFailures.Unfinished,
        ["double-end"] = SuiteFailures.DoubleEnd,
        ["bad-head"] = SuiteFailures.BadHead,
        ["crash"] = _ => throw Crash(),
    };

    /// <summary>Whether the probe is this application.</summary>
    public static bool Chosen { get; } = Environment.GetEnvironmentVariable("PROBE_ENDPOINTS") == "exchange";

    private static string? Setting(string name) => Environment.GetEnvironmentVariable("STUB_" + name);

    /// <summary>A start that takes its time, fails, or takes the process along; named as the stub's.</summary>
    public static void BeforeHost()
    {
        SleepFor("START_MS");
        if (Setting("FAIL") == typeof(ExchangeSuite).Assembly.GetName().Name)
        {
            throw new InvalidOperationException("the probe was told to fail\n   at Stub.Main()");
        }

        if (Setting("CRASH") is not null)
        {
            throw Crash();
        }
    }

    public static void Configure(WebApplicationBuilder builder) =>
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

    public static void Use(WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stub");
        app.Lifetime.ApplicationStarted.Register(() => Say(logger, "started at " + string.Join(' ', app.Urls)));
        app.Lifetime.ApplicationStopping.Register(() => Say(logger, "stopping"));
        app.Lifetime.ApplicationStopped.Register(() =>
        {
            SleepFor("STOP_MS");
            Say(logger, "stopped");
        });
        app.Run(Answer);
    }

    /// <summary>Plain text, whole.</summary>
    public static Task Text(HttpContext context, string text, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = text.Length;
        var bytes = System.Text.Encoding.Latin1.GetBytes(text);
        return context.Response.Body.WriteAsync(bytes, CancellationToken.None).AsTask();
    }

    private static Task Answer(HttpContext context)
    {
        SuiteCounters.Begin(context);
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;

        // Whatever no path is for: the request, so that mapping can be seen.
        var name = context.Request.Path.Value!.Split('/', 3) is ["", var first, ..] ? first : "";
        return Count(s_paths.GetValueOrDefault(name, SuiteReports.Info), context);
    }

    private static async Task Count(RequestDelegate path, HttpContext context)
    {
        try
        {
            await path(context);
        }
        finally
        {
            SuiteCounters.End();
        }
    }

    private static void SleepFor(string setting)
    {
        if (Setting(setting) is { } ms)
        {
            Thread.Sleep(int.Parse(ms, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static InvalidOperationException Crash()
    {
        Environment.FailFast("the suite asked for the end of the process");
        return new InvalidOperationException();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Text}")]
    private static partial void Say(ILogger logger, string text);
}
