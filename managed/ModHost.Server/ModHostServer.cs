using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModHost.Server.Exchanges;
using ModHost.Server.Hosting;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server;

/// <summary>
/// The <see cref="IServer"/> of one application: its exchanges come from a web server, over a transport.
/// </summary>
public sealed class ModHostServer : IServer
{
    private readonly ServerAddresses _addresses;
    private readonly ExchangeRegistry _registry = new();
    private readonly IdleExchanges _idle = new();
    private readonly CancellationTokenSource _closing = new();
    private Func<object, ulong, Exchange>? _factory;
    private int _stopped;

    /// <summary>Makes the server of an application; it does nothing before <see cref="StartAsync"/>.</summary>
    public ModHostServer(
        IServerConnection connection, ILoggerFactory loggerFactory, IOptions<ModHostServerOptions>? options = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        Connection = connection;
        Options = options?.Value ?? new ModHostServerOptions();
        Logger = loggerFactory.CreateLogger("ModHost.Server");
        RequestContext = connection.RequestContext ?? DefaultContext.Instance;
        _addresses = new ServerAddresses(connection.Addresses);
        Features.Set<IServerAddressesFeature>(_addresses);
    }

    /// <inheritdoc />
    public IFeatureCollection Features { get; } = new FeatureCollection();

    internal IServerConnection Connection { get; }

    internal ModHostServerOptions Options { get; }

    internal ILogger Logger { get; }

    /// <summary>What every request begins with.</summary>
    internal ExecutionContext RequestContext { get; }

    /// <summary>Fires when the server begins to stop.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Queues thread-pool work for what has begun; a transport calls it once per turn of its loop.</summary>
    public static void Flush() => ExchangeScheduler.Flush();

    /// <summary>Exchanges that have begun, or can go on, and wait for a thread; of all servers of the process.</summary>
    public static int Waiting => ExchangeScheduler.Count;

    /// <summary>Makes the server's half of an exchange. Loop.</summary>
    public HttpExchange CreateExchange(ExchangeTransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        if (_factory is null)
        {
            throw new InvalidOperationException("The server has not started.");
        }

        var exchange = new PairedExchange(this, transport);
        _registry.Add(exchange);
        return exchange;
    }

    /// <inheritdoc />
    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        ArgumentNullException.ThrowIfNull(application);
        if (_factory is not null)
        {
            throw new InvalidOperationException("The server has already started.");
        }

        _factory = (origin, connection) => new Exchange<TContext>(this, origin, connection, application);
        _addresses.Report(Connection.Addresses);
        Connection.Ready(this);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_factory is null || Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await Connection.Drained.WaitAsync(cancellationToken).ConfigureAwait(false);
            await _registry.Idle.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            var count = _registry.AbortAll();
            if (count > 0)
            {
                Logger.StopTimedOut(count);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // The token source stays: exchanges that outlive the host may still hold its token.
    }

    /// <summary>An exchange object for a request of this connection. Loop.</summary>
    internal Exchange TakeExchange(ExchangeTransport transport, ulong connection)
    {
        var origin = transport.Origin;
        return _idle.Take(origin, connection) ?? _factory!(origin, connection);
    }

    /// <summary>Its request is over.</summary>
    internal void Keep(Exchange exchange) => _idle.Keep(exchange);

    internal void Entered() => _registry.Entered();

    internal void Left() => _registry.Left();

    internal void Forget(PairedExchange exchange) => _registry.Remove(exchange);
}
