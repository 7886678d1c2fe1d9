using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModHost.Development;

namespace ModHost.Server.Hosting;

/// <summary>What ModHost adds to, and takes from, the services of an application.</summary>
internal static class HostServices
{
    private const string ConsoleProvider = "Microsoft.Extensions.Logging.Console.ConsoleLoggerProvider";

    public static void Configure(IServiceCollection services, HostedApp app)
    {
        services.AddSingleton<IServer>(provider => CreateServer(provider, app));
        services.AddSingleton<IConfigureOptions<ModHostServerOptions>, KestrelChoices>();
        services.AddSingleton<IHostLifetime, PassiveLifetime>();
        services.AddSingleton<IModHostWorker>(ModHostWorker.Current);
        ConfigureLogging(services, app);
        RequestErrorPage.Configure(services);
        services.PostConfigure<HostOptions>(app.Add);

        if (app.StateDirectory is { } directory)
        {
            services.AddSingleton<IPostConfigureOptions<KeyManagementOptions>>(
                provider => new KeyFolder(Path.Combine(directory, "keys"), provider));
        }
    }

    // An administrator expects each line once, and with its level. So the web server's log takes the place of the
    // console logger. An application that has none has chosen where its lines go (and what goes to Console arrives);
    // then only the server's own are added.
    private static void ConfigureLogging(IServiceCollection services, HostedApp app)
    {
        var hadConsole = false;
        for (var i = services.Count - 1; i >= 0; i--)
        {
            var descriptor = services[i];
            if (descriptor.ServiceType == typeof(ILoggerProvider) && !descriptor.IsKeyedService
                && descriptor.ImplementationType?.FullName == ConsoleProvider)
            {
                services.RemoveAt(i);
                hadConsole = true;
            }
        }

        services.AddSingleton<ILoggerProvider>(new ConnectionLoggerProvider(app.Connection, ownOnly: !hadConsole));
    }

    private static ModHostServer CreateServer(IServiceProvider provider, HostedApp app)
    {
        var lifetime = provider.GetRequiredService<IHostApplicationLifetime>();
        app.Add(lifetime);
        var connection = new HostConnection(app, lifetime, provider.GetService<IConfiguration>());
        return new ModHostServer(connection, provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<IOptions<ModHostServerOptions>>());
    }
}
