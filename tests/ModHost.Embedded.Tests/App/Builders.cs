using System.Reflection;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;

namespace Behaviour;

/// <summary>The ways to make a host that are not WebApplication's.</summary>
internal static class Builders
{
    public static IHost Generic() => Host.CreateDefaultBuilder()
        .ConfigureWebHostDefaults(web => web.Configure(static _ => { })).Build();

    public static IWebHost Legacy()
    {
        var host = WebHost.CreateDefaultBuilder().Configure(static _ => { }).Build();
        Report(host.Services);
        return host;
    }

    public static void Serve(this WebApplication app, string? url = null)
    {
        Report(app.Services);
        app.Run(url);
    }

    public static Task ServeAsync(this WebApplication app)
    {
        Report(app.Services);
        return app.RunAsync();
    }

    public static IHost Report(this IHost host)
    {
        Report(host.Services);
        return host;
    }

    public static WebApplication Protect(WebApplication app)
    {
        var protector = app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("tests");
        Console.WriteLine($"unprotected={protector.Unprotect(protector.Protect("secret"))}");
        return app;
    }

    // The tests read these lines.
    private static void Report(IServiceProvider services)
    {
        var environment = services.GetRequiredService<IWebHostEnvironment>();
        var configuration = services.GetRequiredService<IConfiguration>();
        Console.WriteLine($"server={services.GetRequiredService<IServer>().GetType().FullName}");
        Console.WriteLine($"root={Path.TrimEndingDirectorySeparator(environment.ContentRootPath)}");
        Console.WriteLine($"name={environment.ApplicationName}");
        Console.WriteLine($"greeting={configuration["Greeting"]}");
        Console.WriteLine($"worker={configuration["ModHost:WorkerIndex"]}/{configuration["ModHost:WorkerCount"]}");
        Console.WriteLine($"base={AppContext.BaseDirectory}");
        Console.WriteLine($"entry={Assembly.GetEntryAssembly()?.GetName().Name}");
        Console.WriteLine($"loaded={Assembly.Load("Behaviour") == typeof(Builders).Assembly}");
    }
}

/// <summary>Fails while the host starts.</summary>
internal sealed class FailingService : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the service would not start");

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
