using Microsoft.Extensions.Logging;

namespace ModHost.Server;

/// <summary>All that the server logs. Errors have a tag of the range MH04xx, listed in docs/errors.md.</summary>
internal static partial class ServerLog
{
    private const string Request = "Connection id \"{ConnectionId}\", Request id \"{TraceIdentifier}\": ";

    [LoggerMessage(401, LogLevel.Error,
        "MH0401: " + Request + "An unhandled exception was thrown by the application: {Method} {Path}",
        EventName = "ApplicationError")]
    public static partial void ApplicationError(
        this ILogger logger, string connectionId, string traceIdentifier, string method, string path,
        Exception exception);

    [LoggerMessage(402, LogLevel.Information,
        "MH0402: " + Request + "bad request data: \"{Message}\"",
        EventName = "BadRequest")]
    public static partial void BadRequest(
        this ILogger logger, string connectionId, string traceIdentifier, string message, Exception exception);

    [LoggerMessage(403, LogLevel.Error,
        "MH0403: " + Request + "the web server refused a part of the response and has broken it off.",
        EventName = "SendRefused")]
    public static partial void SendRefused(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(404, LogLevel.Error,
        "MH0404: " + Request + "a callback of RequestAborted threw.",
        EventName = "AbortCallbackError")]
    public static partial void AbortCallbackError(
        this ILogger logger, string connectionId, string traceIdentifier, Exception exception);

    [LoggerMessage(405, LogLevel.Warning,
        "MH0405: {Count} requests were still running when the time to stop was over; they have been broken off.",
        EventName = "StopTimedOut")]
    public static partial void StopTimedOut(this ILogger logger, int count);

    [LoggerMessage(406, LogLevel.Critical,
        "MH0406: " + Request + "the host itself failed around a request.",
        EventName = "HostError")]
    public static partial void HostError(
        this ILogger logger, string connectionId, string traceIdentifier, Exception exception);

    [LoggerMessage(407, LogLevel.Information,
        "MH0407: " + Request + "refused with 400: a request header is not valid text.",
        EventName = "HeaderRefused")]
    public static partial void HeaderRefused(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(408, LogLevel.Error,
        "MH0408: " + Request + "a response or its trailers have {Count} headers, more than {Most}; it is broken off.",
        EventName = "TooManyHeaders")]
    public static partial void TooManyHeaders(
        this ILogger logger, string connectionId, string traceIdentifier, int count, int most);

    [LoggerMessage(10, LogLevel.Debug,
        Request + "the request was aborted by the client.",
        EventName = "RequestAborted")]
    public static partial void RequestAborted(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(11, LogLevel.Information,
        Request + "the application aborted the exchange.",
        EventName = "ApplicationAborted")]
    public static partial void ApplicationAborted(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(12, LogLevel.Debug,
        "Connection id \"{ConnectionId}\": headers that belong to the web server were removed from a response.",
        EventName = "HopByHopRemoved")]
    public static partial void HopByHopRemoved(this ILogger logger, string connectionId);
}
