using Microsoft.Extensions.Logging;

namespace ModHost.Server.Exchanges;

/// <summary>
/// Runs the callbacks of RequestAborted on the thread pool. The exchange may be in its next use by then.
/// </summary>
internal sealed class AbortNotice(
    CancellationTokenSource source, ILogger logger, string connectionId, string traceIdentifier) : IThreadPoolWorkItem
{
    public void Execute()
    {
        try
        {
            source.Cancel();
        }
        catch (Exception exception)
        {
            logger.AbortCallbackError(connectionId, traceIdentifier, exception);
        }
    }
}
