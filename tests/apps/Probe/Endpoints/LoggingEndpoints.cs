using System.Text;
using Microsoft.Win32.SafeHandles;

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
        app.Map("/console/raw", context =>
        {
            // As a library in C would write: past Console, to the descriptors themselves.
            foreach (var number in (int[])[1, 2])
            {
                using var descriptor = new SafeFileHandle(number, ownsHandle: false);
                using var stream = new FileStream(descriptor, FileAccess.Write, bufferSize: 0);
                stream.Write(Encoding.UTF8.GetBytes($"raw-{number}-{context.Query("text")}\n"));
            }

            return context.Answer("written");
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
