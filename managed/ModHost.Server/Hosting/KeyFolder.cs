using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModHost.Server.Hosting;

/// <summary>
/// Keeps Data Protection keys in the application's state directory where the application has configured nothing, so
/// that cookies and antiforgery tokens hold across workers, reloads and reboots. A web server's worker has no HOME,
/// and without it each process would have keys of its own.
/// </summary>
internal sealed partial class KeyFolder(string path, IServiceProvider services)
    : IPostConfigureOptions<KeyManagementOptions>
{
    public void PostConfigure(string? name, KeyManagementOptions options)
    {
        if (options.XmlRepository is not null)
        {
            return;
        }

        var logging = services.GetRequiredService<ILoggerFactory>();
        var logger = logging.CreateLogger("ModHost.DataProtection");
        try
        {
            CreateFolder();
            options.XmlRepository = new FirstKeyRepository(
                new FileSystemXmlRepository(new DirectoryInfo(path), logging), Path.Combine(path, "lock"), logger);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The application works, as it would without a home.
            LogNoFolder(logger, path, exception);
        }
    }

    [SuppressMessage("Interoperability", "CA1416", Justification = "ModHost is for Linux.")]
    private void CreateFolder() => Directory.CreateDirectory(path,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    [LoggerMessage(Level = LogLevel.Error, Message = HostingErrors.KeyFolder
        + ": Data Protection keys cannot be kept in {Path}: cookies hold in this worker only, and not after a reload")]
    private static partial void LogNoFolder(ILogger logger, string path, Exception exception);
}
