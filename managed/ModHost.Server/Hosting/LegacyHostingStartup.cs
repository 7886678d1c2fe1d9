using Microsoft.AspNetCore.Hosting;
using ModHost.Server.Hosting;

[assembly: HostingStartup(typeof(LegacyHostingStartup))]

namespace ModHost.Server.Hosting;

/// <summary>
/// Gives ModHost's server to an application that still uses <c>WebHostBuilder</c>, which announces itself in no other
/// way. The runtime is told of it by <c>ASPNETCORE_HOSTINGSTARTUPASSEMBLIES</c> while an application starts.
/// </summary>
public sealed class LegacyHostingStartup : IHostingStartup
{
    private const string LegacyBuilder = "Microsoft.AspNetCore.Hosting.WebHostBuilder";

    /// <summary>What <c>ASPNETCORE_HOSTINGSTARTUPASSEMBLIES</c> must list.</summary>
    public static string AssemblyName => typeof(LegacyHostingStartup).Assembly.GetName().Name!;

    /// <inheritdoc/>
    public void Configure(IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // The builders of generic hosts run this too, but before the application adds its services; they are served
        // by HostBuildingObserver.
        if (builder.GetType().FullName == LegacyBuilder && HostedApp.Current is { } app)
        {
            builder.ConfigureServices(services => HostServices.Configure(services, app));
            if (app.ShutdownTimeout > TimeSpan.Zero)
            {
                builder.UseShutdownTimeout(app.ShutdownTimeout);
            }
        }
    }
}
