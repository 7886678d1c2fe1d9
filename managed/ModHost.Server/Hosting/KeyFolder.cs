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
internal sealed class KeyFolder(string path, IServiceProvider services) : IPostConfigureOptions<KeyManagementOptions>
{
    [SuppressMessage("Interoperability", "CA1416", Justification = "ModHost is for Linux.")]
    public void PostConfigure(string? name, KeyManagementOptions options)
    {
        if (options.XmlRepository is null)
        {
            Directory.CreateDirectory(path,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var logging = services.GetRequiredService<ILoggerFactory>();
            options.XmlRepository = new FirstKeyRepository(
                new FileSystemXmlRepository(new DirectoryInfo(path), logging),
                Path.Combine(path, "lock"), logging.CreateLogger("ModHost.DataProtection"));
        }
    }
}
