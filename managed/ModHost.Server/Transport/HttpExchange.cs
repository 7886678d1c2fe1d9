namespace ModHost.Server.Transport;

/// <summary>The server's side of one exchange: what a transport calls.</summary>
/// <remarks>
/// The transport makes its calls for one exchange one at a time, <see cref="Begin"/> first. A call that it had already
/// begun when the server released the exchange is ignored. No call blocks or runs app code, but for
/// <see cref="Begin"/> with <c>inline</c>.
/// </remarks>
public abstract class HttpExchange
{
    /// <summary>
    /// A new request is there. With <paramref name="inline"/> the synchronous part of the application runs now, on this
    /// thread; else it is queued, and runs after <see cref="ModHostServer.Flush"/> at the latest.
    /// </summary>
    public abstract void Begin(bool inline);

    /// <summary>Request-body bytes (after an upgrade: incoming bytes), copied before this returns.</summary>
    /// <param name="data">Never more than the window that <see cref="ExchangeTransport.Read"/> granted.</param>
    /// <param name="end">The body is complete.</param>
    public abstract void Body(ReadOnlySpan<byte> data, bool end);

    /// <summary>The body is complete, and trailers came behind it.</summary>
    /// <param name="head">A request head block, already checked, whose headers they are; copied.</param>
    public abstract void Trailers(ReadOnlySpan<byte> head);

    /// <summary>So many bytes of the response have left for the client.</summary>
    public abstract void Sent(int bytes);

    /// <summary>Broken off: RequestAborted fires, reads fail, writes are dropped.</summary>
    public abstract void Abort(ResetReason reason);

    /// <summary>The pair goes for good.</summary>
    public abstract void Forget();
}
