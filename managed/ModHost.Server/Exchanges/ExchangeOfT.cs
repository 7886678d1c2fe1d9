using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;

namespace ModHost.Server.Exchanges;

/// <summary>An exchange of a host's application; it keeps the host's context from use to use.</summary>
internal sealed class Exchange<TContext> : Exchange, IHostContextContainer<TContext>
    where TContext : notnull
{
    private readonly IHttpApplication<TContext> _application;
    private TContext? _hostContext;

    public Exchange(ModHostServer server, object origin, ulong connection, IHttpApplication<TContext> application)
        : base(server, origin, connection) => _application = application;

    TContext? IHostContextContainer<TContext>.HostContext
    {
        get => _hostContext;
        set => _hostContext = value;
    }

    public override void Execute()
    {
        if (Enter())
        {
            _ = ProcessAsync();
        }
        else
        {
            Finish();
        }
    }

    /// <summary>The request's whole way. When nothing waits it completes synchronously and allocates nothing.</summary>
    private async Task ProcessAsync()
    {
        try
        {
            if (Refuse())
            {
                return;
            }

            var context = _application.CreateContext(this);
            await RunAsync(context).ConfigureAwait(false);
            await EndAsync().ConfigureAwait(false);
            _application.DisposeContext(context, ApplicationException);
        }
        catch (Exception exception)
        {
            ReportHostError(exception);
        }
        finally
        {
            Finish();
        }
    }

    private async Task RunAsync(TContext context)
    {
        try
        {
            var work = _application.ProcessRequestAsync(context);
            if (!work.IsCompleted)
            {
                Uncork();
            }

            await work.ConfigureAwait(false);
            await CompleteApplicationAsync().ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            Reject(exception);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }
}
