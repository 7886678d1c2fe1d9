namespace ModHost.Server.Exchanges;

/// <summary>Exchange objects between two requests of one client connection.</summary>
/// <remarks>
/// <para>An application may keep an HttpContext longer than its request, in a task that nobody awaits, and an object
/// in its next use cannot tell it from the request's own code. So an object never passes from one client's connection
/// to another's: what goes astray stays with its client, as in Kestrel.</para>
/// <para>A small table without locks: a set of places for some connection numbers, which a web server gives out one
/// after the other. Connections that end are not told of; their objects give way to others. Any thread.</para>
/// </remarks>
internal sealed class IdleExchanges
{
    private const int Sets = 64;
    private const int Places = 8;

    private readonly Exchange?[] _exchanges = new Exchange?[Sets * Places];
    private int _next;

    /// <summary>An object that has served this connection, or <see langword="null"/>.</summary>
    public Exchange? Take(object origin, ulong connection)
    {
        var set = Set(connection);
        for (var place = 0; place < Places; place++)
        {
            var exchange = Volatile.Read(ref set[place]);
            if (exchange is not null && exchange.Serves(origin, connection)
                && Interlocked.CompareExchange(ref set[place], null, exchange) == exchange)
            {
                return exchange;
            }
        }

        return null;
    }

    /// <summary>The object's request is over.</summary>
    public void Keep(Exchange exchange)
    {
        var set = Set(exchange.Connection);
        for (var place = 0; place < Places; place++)
        {
            if (Volatile.Read(ref set[place]) is null
                && Interlocked.CompareExchange(ref set[place], exchange, null) is null)
            {
                return;
            }
        }

        // Most of these connections have ended. One that has not gets a new object for its next request.
        Volatile.Write(ref set[(int)((uint)_next++ % Places)], exchange);
    }

    private Span<Exchange?> Set(ulong connection) =>
        _exchanges.AsSpan((int)(connection % Sets) * Places, Places);
}
