using Microsoft.Extensions.DependencyInjection;
using ModHost.Server;
using ModHost.Worker;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>What an application may say to ModHost. None of it is necessary: unmodified applications run too.</summary>
public static class WebHostBuilderModHostExtensions
{
    /// <summary>
    /// Names ModHost as a web server that this application is made for. A NativeAOT executable needs this call to be a
    /// worker of a process group; everything else is served by ModHost with or without it. Where no ModHost has started
    /// the process the call changes nothing.
    /// </summary>
    public static IWebHostBuilder UseModHost(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        WorkerProcess.StartFromEnvironment();
        return builder;
    }

    /// <summary>The same, and sets options of ModHost's server. Elsewhere the call changes nothing.</summary>
    public static IWebHostBuilder UseModHost(this IWebHostBuilder builder, Action<ModHostServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        WorkerProcess.StartFromEnvironment();
        return builder.ConfigureServices(services => services.Configure(configure));
    }
}
