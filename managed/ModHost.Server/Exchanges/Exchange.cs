using Microsoft.Extensions.Logging;
using ModHost.Protocol;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>One request and its response, as the application sees them.</summary>
/// <remarks>
/// <para>The object is reused from request to request of one client connection (<see cref="IdleExchanges"/>). It is the
/// feature collection and most of the features itself; a file for each topic.</para>
/// <para>Threads. The loop calls what is here with a transport. The application calls the rest, one thread at a time
/// where a feature is not made for more. What both touch is under <c>_gate</c>, which is held for short, non-blocking
/// work only and never while application code runs.</para>
/// <para>A use begins in <see cref="Begin"/>; it ends in <c>Finish</c>, whose last act is the transport's release.
/// By then the object may already be in its next use. Calls of the loop that come late find <c>_live</c> false, or
/// another transport.</para>
/// <para>Who comes late from the application's side, a task that outlives its request, must not disturb the next one.
/// Between two uses the response counts as started and ended, and there is no transport. Body readers, writers and
/// streams are made anew for each use that asks for them.</para>
/// </remarks>
internal abstract partial class Exchange
{
    private readonly Lock _gate = new();
    private readonly object _origin;
    private ExchangeTransport _transport = ReleasedTransport.Instance;
    private volatile bool _live;

    /// <param name="server">Whose exchange it is.</param>
    /// <param name="origin">Tells apart the web servers (or their processes) that number connections.</param>
    /// <param name="connection">The client connection that it serves, and no other.</param>
    protected Exchange(ModHostServer server, object origin, ulong connection)
    {
        Server = server;
        _origin = origin;
        Connection = connection;
        _requestHeaders = new();
        _responseHeaders = new(server.Options.ResponseHeaderEncodingSelector);
        _flush = new(this);
        InitializeFeatures();
        EndRequest();
        EndResponse();
    }

    /// <summary>The web server's number of the client's connection.</summary>
    public ulong Connection { get; }

    /// <summary>Counts the uses; a use is told from the next one by it. Changes under <c>_gate</c>.</summary>
    public long Use { get; private set; }

    /// <summary>What the application's code begins with.</summary>
    public ExecutionContext RequestContext => Server.RequestContext;

    protected ModHostServer Server { get; }

    private ILogger Log => Server.Logger;

    /// <summary>Whether this object may take a request of that connection.</summary>
    public bool Serves(object origin, ulong connection) => Connection == connection && ReferenceEquals(_origin, origin);

    /// <inheritdoc cref="HttpExchange.Begin" />
    public void Begin(ExchangeTransport transport, bool inline)
    {
        var head = new RequestHead(transport.Head);
        lock (_gate)
        {
            Use++;
            CloseBodies();
            _transport = transport;
            _live = true;
            _corked = true;
            _ended = false;
            HasStarted = false;
            _responseHeaders.SetReadOnly(false);
        }

        BeginRequest(head);
        BeginFeatures(head);
        BeginBody(head);
        Server.Entered();
        if (inline)
        {
            ExchangeScheduler.RunInline(this);
        }
        else
        {
            ExchangeScheduler.Enqueue(this);
        }
    }

    /// <summary>Runs the application: returns when its synchronous part is over. Never throws.</summary>
    public abstract void Execute();

    /// <summary>Whether the application shall see the request: the transport's last word.</summary>
    protected bool Enter()
    {
        if (!_transport.Enter(out var wake))
        {
            return false;
        }

        if (wake is null)
        {
            return true;
        }

        if (DrainLoop.Current is { MayDefer: true } loop)
        {
            loop.Defer(wake);
        }
        else
        {
            wake.Wake();
        }

        return true;
    }

    /// <summary>
    /// A value that was read from the request's head since use <paramref name="use"/> was looked up. Throws where the
    /// request has ended meanwhile: the head's memory may hold another client's by then.
    /// </summary>
    private T Still<T>(long use, T value) => _live && Use == use ? value : throw ReleasedTransport.Over();

    /// <summary>What an application still holds of this use's bodies is of no more use.</summary>
    private void CloseBodies()
    {
        _responseWriter?.Close();
        _responseWriter = null;
        _responseStream = null;
        _requestReader?.Close();
        _requestReader = null;
        _requestStream = null;
        _upgrade?.End();
        _upgrade = null;
    }

    /// <summary>Ends the use: the response is complete or broken off, and the application has returned.</summary>
    protected void Finish()
    {
        ExchangeTransport transport;
        lock (_gate)
        {
            _live = false;
            CloseBodies();
            DropResponse();
            EndBody();
            transport = _transport;
            _transport = ReleasedTransport.Instance;
        }

        EndLifetime();
        EndRequest();
        EndResponse();
        EndFeatures();
        Server.Keep(this);
        Server.Left();
        transport.Release();
    }

    /// <summary>Whether the loop means the use that is under way. Under the gate.</summary>
    private bool IsUseOf(ExchangeTransport transport) => _live && ReferenceEquals(_transport, transport);
}
