using System.Net;
using System.Security.Cryptography.X509Certificates;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Http;

/// <summary>A body that may still be on its way when the response begins; the platform's own contents wait for its end.</summary>
internal sealed class DuplexContent(byte[] bytes) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}

/// <summary>HTTP/2 and TLS through the platform's own client.</summary>
internal static class Http2
{
    public const string Missing = "mod_http2 does not work with the prefork MPM.";

    /// <summary>Whether the web server under test speaks it.</summary>
    public static bool IsThere => Settings.Server != ServerKind.ApachePrefork;

    /// <summary>A client for one server; HTTP/2 only, unless asked otherwise.</summary>
    public static HttpClient Client(int port, bool tls = false, Version? version = null, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{port}"),
            DefaultRequestVersion = version ?? HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }
}
