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
    private string LockPath => Path.Combine(path, "lock");

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
            TryFolder();
            options.XmlRepository = new FirstKeyRepository(
                new FileSystemXmlRepository(new DirectoryInfo(path), logging), LockPath, logger);
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

    // One that was there before may be of another user, whose the application once was.
    private void TryFolder()
    {
        foreach (var key in Directory.EnumerateFiles(path, "*.xml"))
        {
            File.OpenHandle(key, share: FileShare.ReadWrite | FileShare.Delete).Dispose();
        }

        try
        {
            File.OpenHandle(LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }
        catch (IOException)
        {
            // Another worker has it, and makes the first key.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = HostingErrors.KeyFolder
        + ": Data Protection keys cannot be kept in {Path}: cookies hold in this worker only, and not after a reload")]
    private static partial void LogNoFolder(ILogger logger, string path, Exception exception);
}
