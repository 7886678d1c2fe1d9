using ModHost.Server.Transport;

namespace ModHost.Server.Hosting;

/// <summary>What the web server says and hears of one application, as a transport gives it.</summary>
public interface IServerConnection
{
    /// <summary>The addresses at which the web server listens for this application, for IServerAddressesFeature.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>The default for IHttpMaxRequestBodySizeFeature; <see langword="null"/>: no limit.</summary>
    long? MaxRequestBodySize { get; }

    /// <summary>The server is ready for exchanges; <paramref name="server"/> makes them.</summary>
    void Ready(ModHostServer server);

    /// <summary>Completes when no exchange is in flight and none will come; the host waits for it while it stops.</summary>
    Task Drained { get; }

    /// <summary>
    /// The context that each request begins in: it says whose request this is (for Console output and for
    /// <c>Assembly.Load</c>) and nothing else. <see langword="null"/>: the default context.
    /// </summary>
    ExecutionContext? RequestContext { get; }

    /// <summary>One log event for the web server's error log. Any thread; never blocks, never throws.</summary>
    /// <param name="level">The numbers of Microsoft.Extensions.Logging.LogLevel.</param>
    /// <param name="category">The logger's category; "stdout" or "stderr" for Console output.</param>
    /// <param name="text">The formatted event; newlines inside are kept together.</param>
    void Log(int level, string category, string text);
}
