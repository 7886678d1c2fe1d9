using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModHost.Abi;
using ModHost.Server.Hosting;

namespace ModHost.Embedded;

/// <summary>
/// Where the web server comes in: by function pointer from CoreCLR, by symbol from a NativeAOT library.
/// </summary>
public static unsafe class EntryPoint
{
    private static int s_initialized;

    /// <summary>
    /// <c>modhost_initialize_function</c> of abi.h. Once per process, on the thread that later is the loop, before any
    /// other function; keeps <paramref name="server"/>, which outlives it, and fills in <paramref name="app"/>.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "modhost_initialize", CallConvs = [typeof(CallConvCdecl)])]
    public static int Initialize(modhost_server_table* server, modhost_app_table* app)
    {
        try
        {
            if (server is null || app is null)
            {
                return Modhost.MODHOST_E_ARGUMENT;
            }

            if (server->abi_version != Modhost.MODHOST_ABI_VERSION || server->size < sizeof(modhost_server_table)
                || app->size < sizeof(modhost_app_table))
            {
                return Modhost.MODHOST_E_VERSION;
            }

            if (Interlocked.Exchange(ref s_initialized, 1) != 0)
            {
                return Modhost.MODHOST_E_STATE;
            }

            WebServer.Use(server);
            PrepareProcess();
            AppTable.Fill(app);
            return Modhost.MODHOST_OK;
        }
        catch (Exception exception)
        {
            // Without a table there is no log either: what the process writes to stderr is in the error log.
            Console.Error.WriteLine($"{Errors.Internal}: ModHost could not be initialised: {exception}");
            return Modhost.MODHOST_E_FAULT;
        }
    }

    private static void PrepareProcess()
    {
        SignalHandlers.Claim();
        ProcessEnd.Watch();
        ConsoleRouter.Install(static (level, category, text) =>
            WebServer.Log(Modhost.MODHOST_NO_APP, level, category, text));
        HostBuildingObserver.Subscribe();
    }
}
