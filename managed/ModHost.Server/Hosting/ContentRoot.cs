using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace ModHost.Server.Hosting;

/// <summary>
/// Gives the right content root to a host that took the working directory for it. Builders that read the environment
/// have the right one from there; CreateEmptyBuilder reads nothing, and the working directory is the web server's.
/// </summary>
internal static class ContentRoot
{
    private static readonly string[] s_variables = ["DOTNET_CONTENTROOT", "ASPNETCORE_CONTENTROOT"];

    public static void Correct(IServiceCollection services, IHostEnvironment environment, HostedApp app)
    {
        if (!IsWrong(environment, app))
        {
            return;
        }

        Set(environment, app.ContentRoot);
        foreach (var descriptor in services)
        {
            if (descriptor.ServiceType == typeof(IWebHostEnvironment) && !descriptor.IsKeyedService
                && descriptor.ImplementationInstance is IWebHostEnvironment web && IsWrong(web, app))
            {
                Set(web, app.ContentRoot);
                SetWebRoot(web);
            }
        }
    }

    private static bool IsWrong(IHostEnvironment environment, HostedApp app) =>
        Path.TrimEndingDirectorySeparator(environment.ContentRootPath) is var path
        && path != Path.TrimEndingDirectorySeparator(app.ContentRoot)
        && path == Path.TrimEndingDirectorySeparator(Environment.CurrentDirectory)
        && !s_variables.Select(Environment.GetEnvironmentVariable).OfType<string>()
            .Any(wanted => Path.TrimEndingDirectorySeparator(wanted) == path);

    private static void Set(IHostEnvironment environment, string path)
    {
        environment.ContentRootPath = path;
        environment.ContentRootFileProvider = new PhysicalFileProvider(path);
    }

    private static void SetWebRoot(IWebHostEnvironment environment)
    {
        var path = Path.Combine(environment.ContentRootPath, "wwwroot");
        if (string.IsNullOrEmpty(environment.WebRootPath) && Directory.Exists(path))
        {
            environment.WebRootPath = path;
            environment.WebRootFileProvider = new PhysicalFileProvider(path);
        }
    }
}
