using System.Diagnostics;
using System.Globalization;
using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;

namespace Probe.Suite;

/// <summary>The request, the process, and words for the log.</summary>
internal static partial class SuiteReports
{
    public static async Task Info(HttpContext context)
    {
        var request = context.Request;
        var feature = context.Features.Get<IHttpRequestFeature>()!;
        var connection = context.Connection;
        var certificate = await connection.GetClientCertificateAsync();
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"method: {request.Method}\ntarget: {feature.RawTarget}\n")
            .Append(CultureInfo.InvariantCulture, $"base: {request.PathBase.Value}\npath: {request.Path.Value}\n")
            .Append(CultureInfo.InvariantCulture, $"query: {request.QueryString.Value}\nversion: {Version(request)}\n")
            .Append(CultureInfo.InvariantCulture, $"flags: {Flags(context):x4}\nlength: {request.ContentLength ?? -1}\n")
            .Append(CultureInfo.InvariantCulture, $"remote: {connection.RemoteIpAddress} {connection.RemotePort}\n")
            .Append(CultureInfo.InvariantCulture, $"local: {connection.LocalIpAddress} {connection.LocalPort}\n")
            .Append(CultureInfo.InvariantCulture, $"user: {context.GetServerVariable("REMOTE_USER")}\n")
            .Append(CultureInfo.InvariantCulture, $"auth: {context.GetServerVariable("AUTH_TYPE")}\n")
            .Append(CultureInfo.InvariantCulture, $"tls: {Tls(context)}\n")
            .Append(CultureInfo.InvariantCulture, $"certificate: {certificate?.RawData.Length ?? 0}\n");
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"header: {name}={value}\n");
            }
        }

        if (context.GetServerVariable("HOST_IS") is { } host)
        {
            text.Append(CultureInfo.InvariantCulture, $"variable: HOST_IS={host}\n");
        }

        await ExchangeSuite.Text(context, text.ToString());
    }

    public static Task Environment(HttpContext context)
    {
        using (var descriptor = new SafeFileHandle(1, ownsHandle: false))
        using (var stream = new FileStream(descriptor, FileAccess.Write, bufferSize: 0))
        {
            stream.Write("raw line\n"u8);
        }

        var umask = File.ReadLines("/proc/self/status")
            .Single(line => line.StartsWith("Umask:", StringComparison.Ordinal))[6..].Trim();
        var lines = ((string[])["HOME", "COLOUR", "SHAPE"])
            .Select(name => $"{name}={System.Environment.GetEnvironmentVariable(name)}\n");
        return ExchangeSuite.Text(context, $"{string.Concat(lines)}umask={umask}\n");
    }

    /// <summary>What a child that is started now inherits, beyond 0, 1 and 2.</summary>
    public static async Task Spawn(HttpContext context)
    {
        using var child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c",
            "for f in /proc/$$/fd/*; do n=${f##*/}; [ $n -gt 2 ] && readlink $f; done | grep -v '^/proc/\\|^pipe:'"])
        {
            RedirectStandardOutput = true,
        })!;
        var kept = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        await ExchangeSuite.Text(context, kept);
    }

    /// <summary>Lines without a pause, for so many seconds.</summary>
    public static Task Flood(HttpContext context)
    {
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Stub.Flood");
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < context.Number("s", 1))
        {
            Say(logger, LogLevel.Information, "and on, and on");
        }

        return ExchangeSuite.Text(context, "done\n");
    }

    public static Task Log(HttpContext context)
    {
        var factory = context.RequestServices.GetRequiredService<ILoggerFactory>();
        var text = new StringBuilder();
        for (var i = 0; i < context.Number("size", 5000); i++)
        {
            text.Append(i % 80 == 79 ? '\n' : (char)('a' + i / 80 % 26));
        }

        Say(factory.CreateLogger("Stub.Long"), LogLevel.Error, text.ToString());
        Say(factory.CreateLogger("Stub.Evil"), LogLevel.Warning, "evil\n2020/01/01 00:00:00 [error] forged\u0001");
        return ExchangeSuite.Text(context, "logged\n");
    }

    private static string Version(HttpRequest request) => request.Protocol switch
    {
        "HTTP/1.0" => "0100",
        "HTTP/1.1" => "0101",
        "HTTP/2" => "0200",
        "HTTP/3" => "0300",
        _ => request.Protocol,
    };

    private static int Flags(HttpContext context) =>
        (!context.Features.Get<IHttpRequestBodyDetectionFeature>()!.CanHaveBody ? 0
            : context.Request.ContentLength is null ? 0x11 : 1)
        + (context.Request.IsHttps ? 2 : 0)
        + (context.Features.Get<IHttpUpgradeFeature>()!.IsUpgradableRequest ? 4 : 0);

    private static string Tls(HttpContext context)
    {
        var tls = context.Features.Get<ITlsHandshakeFeature>();
        var version = tls?.Protocol switch
        {
            null => "",
            SslProtocols.Tls13 => "TLSv1.3",
            SslProtocols.Tls12 => "TLSv1.2",
            _ => $"{tls.Protocol}",
        };
        return $"{version} {tls?.NegotiatedCipherSuite} {tls?.HostName}";
    }

    [LoggerMessage(Message = "{Text}")]
    private static partial void Say(ILogger logger, LogLevel level, string text);
}
