using ModHost.Protocol;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>
/// A transport's partner for life. Each request goes to an <see cref="Exchange"/> that has served this client's
/// connection only, or is new.
/// </summary>
internal sealed class PairedExchange(ModHostServer server, ExchangeTransport transport) : HttpExchange
{
    private Exchange? _exchange;

    public override void Begin(bool inline)
    {
        var exchange = server.TakeExchange(transport, new RequestHead(transport.Head).ConnectionId);
        Volatile.Write(ref _exchange, exchange);
        exchange.Begin(transport, inline);
    }

    public override void Body(ReadOnlySpan<byte> data, bool end) => _exchange?.Body(transport, data, end);

    public override void Trailers(ReadOnlySpan<byte> head) => _exchange?.Trailers(transport, head);

    public override void Sent(int bytes) => _exchange?.Sent(transport, bytes);

    public override void Abort(ResetReason reason) => _exchange?.Abort(transport, reason);

    public override void Forget() => server.Forget(this);

    /// <summary>The host does not wait longer. False: not in use. Any thread.</summary>
    public bool AbortForShutdown() => Volatile.Read(ref _exchange)?.AbortForShutdown(transport) ?? false;
}
