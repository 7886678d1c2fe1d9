using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace ModHost.Server.Hosting;

/// <summary>
/// Sees each host that is about to be built in this process, and gives it ModHost's server if it belongs to a
/// <see cref="HostedApp"/>.
/// </summary>
/// <remarks>
/// Every HostBuilder and HostApplicationBuilder (so every WebApplication builder, slim and empty ones too) announces
/// itself through a DiagnosticListener. What is added to the services then comes after all that the application has
/// added, and the last registration of a service wins.
/// </remarks>
public sealed class HostBuildingObserver : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string ListenerName = "Microsoft.Extensions.Hosting";
    private const string BuildingEvent = "HostBuilding";

    private static int s_subscribed;

    private HostBuildingObserver()
    {
    }

    /// <summary>Begins to watch, for the rest of the process. Once is enough; more does no harm.</summary>
    public static void Subscribe()
    {
        if (Interlocked.Exchange(ref s_subscribed, 1) == 0)
        {
            // The subscription lasts as long as the process.
            _ = DiagnosticListener.AllListeners.Subscribe(new HostBuildingObserver());
        }
    }

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (value.Name == ListenerName)
        {
            // Each build makes a listener of its own and disposes of it, and of this with it.
            _ = value.Subscribe(this, static name => name == BuildingEvent);
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == BuildingEvent && value.Value is IHostBuilder builder && HostedApp.Current is { } app)
        {
            builder.ConfigureServices((context, services) =>
            {
                ContentRoot.Correct(services, context.HostingEnvironment, app);
                HostServices.Configure(services, app);
            });
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted()
    {
    }

    void IObserver<DiagnosticListener>.OnError(Exception error)
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }
}
