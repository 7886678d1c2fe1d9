using Microsoft.Extensions.Hosting;

namespace ModHost.Server.Hosting;

/// <summary>
/// A host lifetime that takes no signal: they belong to the web server. The host still ends, and with it
/// <c>Main</c>, when somebody calls StopApplication.
/// </summary>
internal sealed class PassiveLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
