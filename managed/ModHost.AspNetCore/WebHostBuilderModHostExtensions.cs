using Microsoft.Extensions.DependencyInjection;
using ModHost.Server;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>What an application may say to ModHost. None of it is necessary: unmodified applications run too.</summary>
public static class WebHostBuilderModHostExtensions
{
    /// <summary>
    /// Names ModHost as a web server that this application is made for. Under ModHost its server is used with or
    /// without this call; elsewhere the call changes nothing.
    /// </summary>
    public static IWebHostBuilder UseModHost(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder;
    }

    /// <summary>Sets options of ModHost's server. Elsewhere the call changes nothing.</summary>
    public static IWebHostBuilder UseModHost(this IWebHostBuilder builder, Action<ModHostServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.Configure(configure));
    }
}
