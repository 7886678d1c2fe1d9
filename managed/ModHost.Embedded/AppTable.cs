using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModHost.Abi;
using ModHost.Server;

namespace ModHost.Embedded;

/// <summary>
/// The functions that the web server calls. Each one unwraps, checks, acts, and lets no exception out. Threads and
/// lifetimes: abi.h, <c>modhost_app_table</c>.
/// </summary>
internal static unsafe class AppTable
{
    public static void Fill(modhost_app_table* table)
    {
        *table = new modhost_app_table
        {
            size = (uint)sizeof(modhost_app_table),
            abi_version = Modhost.MODHOST_ABI_VERSION,
            app_start = &StartApp,
            app_stop = &StopApp,
            app_drained = &AppDrained,
            exchange_begin = &Begin,
            exchange_body = &Body,
            exchange_sent = &Sent,
            exchange_abort = &Abort,
            exchange_forget = &Forget,
            runtime_stats = &Stats,
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int StartApp(modhost_app_config* config)
    {
        try
        {
            return config is null || config->size < sizeof(modhost_app_config)
                ? Modhost.MODHOST_E_ARGUMENT
                : AppRegistry.Start(AppSettings.From(config));
        }
        catch (Exception exception)
        {
            WebServer.LogFault("app_start", exception);
            return Modhost.MODHOST_E_FAULT;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void StopApp(uint app)
    {
        try
        {
            AppRegistry.Find(app)?.RequestStop();
        }
        catch (Exception exception)
        {
            WebServer.LogFault("app_stop", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AppDrained(uint app)
    {
        try
        {
            AppRegistry.Find(app)?.SetDrained();
        }
        catch (Exception exception)
        {
            WebServer.LogFault("app_drained", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(modhost_exchange** exchanges, uint count)
    {
        for (var i = 0u; i < count; i++)
        {
            var exchange = exchanges[i];
            try
            {
                EmbeddedExchange.Begin(exchange);
            }
            catch (Exception exception)
            {
                // Only what is before the application's own code comes here; the server answers for the rest.
                WebServer.LogFault("exchange_begin", exception);
                WebServer.Reset(exchange, Modhost.MODHOST_RESET_APP);
                WebServer.Release(exchange);
            }
        }

        ModHostServer.Flush();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Body(modhost_exchange* exchange, byte* data, uint length, uint flags)
    {
        try
        {
            var bytes = new ReadOnlySpan<byte>(data, checked((int)length));
            if ((flags & Modhost.MODHOST_BODY_TRAILERS) != 0)
            {
                EmbeddedExchange.Of(exchange)?.Http.Trailers(bytes);
                return;
            }

            EmbeddedExchange.Of(exchange)?.Http.Body(bytes, (flags & Modhost.MODHOST_BODY_END) != 0);
        }
        catch (Exception exception)
        {
            WebServer.LogFault("exchange_body", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Sent(modhost_exchange* exchange, uint bytes)
    {
        try
        {
            EmbeddedExchange.Of(exchange)?.Http.Sent(checked((int)bytes));
        }
        catch (Exception exception)
        {
            WebServer.LogFault("exchange_sent", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Abort(modhost_exchange* exchange, uint reason)
    {
        try
        {
            EmbeddedExchange.Of(exchange)?.Http.Abort((Server.Transport.ResetReason)reason);
        }
        catch (Exception exception)
        {
            WebServer.LogFault("exchange_abort", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(modhost_exchange* exchange)
    {
        try
        {
            EmbeddedExchange.Forget(exchange);
        }
        catch (Exception exception)
        {
            WebServer.LogFault("exchange_forget", exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Stats(modhost_runtime_stats* stats)
    {
        try
        {
            RuntimeStats.Fill(stats);
        }
        catch (Exception exception)
        {
            WebServer.LogFault("runtime_stats", exception);
        }
    }
}
