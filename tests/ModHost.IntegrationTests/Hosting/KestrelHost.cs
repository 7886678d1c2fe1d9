using System.Globalization;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>An application under Kestrel: what ModHost is compared with.</summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    private readonly Child _child;

    private KestrelHost(Child child, int port, int http2Port)
    {
        _child = child;
        Port = port;
        Http2Port = http2Port;
    }

    public int Port { get; }

    /// <summary>HTTP/2 without TLS, by prior knowledge.</summary>
    public int Http2Port { get; }

    public string Output => _child.Output;

    public static async Task<KestrelHost> Start(string app)
    {
        var (port, http2) = (FreePort.Next(), FreePort.Next());
        var child = Child.Start("dotnet", [app], Path.GetDirectoryName(app), new Dictionary<string, string?>
        {
            ["Kestrel__Endpoints__One__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            ["Kestrel__Endpoints__One__Protocols"] = "Http1",
            ["Kestrel__Endpoints__Two__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http2}"),
            ["Kestrel__Endpoints__Two__Protocols"] = "Http2",
        });
        try
        {
            await Wait.Until("Kestrel answers", async () =>
            {
                if (child.HasExited)
                {
                    throw new InvalidOperationException($"Kestrel ended:\n{child.Output}");
                }

                try
                {
                    return (await RawConnection.Get(port, "/empty")).Status == 200;
                }
                catch (IOException)
                {
                    return false;
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return false;
                }
            });
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }

        return new KestrelHost(child, port, http2);
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();
}
