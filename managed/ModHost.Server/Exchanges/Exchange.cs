using Microsoft.Extensions.Logging;
using ModHost.Protocol;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>One request and its response, as the application sees them.</summary>
/// <remarks>
/// <para>The object is paired with a transport's for life and reused from request to request. It is the feature
/// collection and most of the features itself; a file for each topic.</para>
/// <para>Threads. The loop calls what <see cref="HttpExchange"/> declares. The application calls the rest, one thread at
/// a time where a feature is not made for more. What both touch is under <c>_gate</c>, which is held for short,
/// non-blocking work only and never while application code runs.</para>
/// <para>Body readers, writers and streams are made anew for each use that asks for them: a task that outlives its
/// request and still holds one must not reach the next client's.</para>
/// <para>A use begins in <see cref="Begin"/>; it ends in <c>Finish</c>, whose last act is the transport's release.
/// After that the object may already be in its next use. Calls of the loop that come late find <c>_live</c> false.</para>
/// </remarks>
internal abstract partial class Exchange : HttpExchange
{
    private readonly Lock _gate = new();
    private readonly ExchangeTransport _transport;
    private volatile bool _live;

    protected Exchange(ModHostServer server, ExchangeTransport transport)
    {
        Server = server;
        _transport = transport;
        _requestHeaders = new(transport);
        _responseHeaders = new(server.Options.ResponseHeaderEncodingSelector);
        _flush = new(this);
        InitializeFeatures();
        EndRequest();
        EndResponse();
    }

    /// <summary>Counts the uses; a use is told from the next one by it. Changes under <c>_gate</c>.</summary>
    public long Use { get; private set; }

    /// <summary>What the application's code begins with.</summary>
    public ExecutionContext RequestContext => Server.RequestContext;

    protected ModHostServer Server { get; }

    private ILogger Log => Server.Logger;

    /// <inheritdoc />
    public sealed override void Begin(bool inline)
    {
        var head = new RequestHead(_transport.Head);
        lock (_gate)
        {
            Use++;
            CloseBodies();
            _live = true;
            _corked = true;
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

    /// <inheritdoc />
    public sealed override void Forget() => Server.Forget(this);

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
        lock (_gate)
        {
            _live = false;
            CloseBodies();
            DropResponse();
            EndBody();
        }

        EndLifetime();
        EndRequest();
        EndResponse();
        EndFeatures();
        Server.Left();
        _transport.Release();
    }
}
