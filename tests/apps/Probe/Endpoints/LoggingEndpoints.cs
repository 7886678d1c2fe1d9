namespace Probe.Endpoints;

/// <summary>Words for the logs.</summary>
internal static partial class LoggingEndpoints
{
    public static void MapLogging(this IEndpointRouteBuilder app)
    {
        app.Map("/log", context =>
        {
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Probe.Log");
            var text = context.Query("text");
            foreach (var level in Enum.GetValues<LogLevel>().Where(level => level != LogLevel.None))
            {
                Say(logger, level, $"{level}-{text}");
            }

            return context.Answer("logged");
        });
        app.Map("/log/exception", context =>
        {
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Probe.Log");
            Failed(logger, new InvalidOperationException("logged with " + context.Query("text")));
            return context.Answer("logged");
        });
        app.Map("/console", async context =>
        {
            Console.WriteLine($"out-{context.Query("text")}");
            Console.Error.WriteLine($"error-{context.Query("text")}");
            Console.Write("half ");
            await Task.Yield();
            Console.WriteLine($"line-{context.Query("text")}");
            await context.Answer("written");
        });
    }

    [LoggerMessage(Message = "{Text}")]
    private static partial void Say(ILogger logger, LogLevel level, string text);

    [LoggerMessage(Level = LogLevel.Error, Message = "with an exception")]
    private static partial void Failed(ILogger logger, Exception error);
}
