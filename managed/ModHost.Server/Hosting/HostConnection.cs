using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ModHost.Server.Hosting;

/// <summary>
/// The connection as one host of an application has it. The first web host that starts is what the web server serves;
/// an application may build others, for a second port or to throw away, and those are connected to nothing.
/// </summary>
internal sealed class HostConnection(
    HostedApp app, IHostApplicationLifetime lifetime, IConfiguration? configuration) : IServerConnection
{
    private bool _served;

    public IReadOnlyList<string> Addresses => app.Connection.Addresses;

    public long? MaxRequestBodySize => app.Connection.MaxRequestBodySize;

    public Task Drained => _served ? app.Connection.Drained : Task.CompletedTask;

    public ExecutionContext? RequestContext => app.Connection.RequestContext;

    public void Ready(ModHostServer server)
    {
        _served = app.TryServe(lifetime);
        if (_served)
        {
            OwnAddresses.Report(configuration, this);
            app.Connection.Ready(server);
        }
        else
        {
            Log((int)LogLevel.Warning, "ModHost.Hosting",
                $"{HostingErrors.SecondHost}: {app.Name} starts a second web host; no request reaches it");
        }
    }

    public void Log(int level, string category, string text) => app.Connection.Log(level, category, text);
}
