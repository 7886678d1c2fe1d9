using System.Globalization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Probe.Endpoints;

/// <summary>The features that a server offers, and what is in them.</summary>
internal static class FeatureEndpoints
{
    private static readonly (string Name, Func<IFeatureCollection, object?> Get)[] s_features =
    [
        (nameof(IHttpRequestFeature), features => features.Get<IHttpRequestFeature>()),
        (nameof(IHttpResponseFeature), features => features.Get<IHttpResponseFeature>()),
        (nameof(IHttpResponseBodyFeature), features => features.Get<IHttpResponseBodyFeature>()),
        (nameof(IHttpConnectionFeature), features => features.Get<IHttpConnectionFeature>()),
        (nameof(IHttpRequestIdentifierFeature), features => features.Get<IHttpRequestIdentifierFeature>()),
        (nameof(IHttpRequestLifetimeFeature), features => features.Get<IHttpRequestLifetimeFeature>()),
        (nameof(IHttpBodyControlFeature), features => features.Get<IHttpBodyControlFeature>()),
        (nameof(IHttpMaxRequestBodySizeFeature), features => features.Get<IHttpMaxRequestBodySizeFeature>()),
        (nameof(IHttpRequestBodyDetectionFeature), features => features.Get<IHttpRequestBodyDetectionFeature>()),
        (nameof(IRequestBodyPipeFeature), features => features.Get<IRequestBodyPipeFeature>()),
        (nameof(IHttpRequestTrailersFeature), features => features.Get<IHttpRequestTrailersFeature>()),
        (nameof(IHttpResponseTrailersFeature), features => features.Get<IHttpResponseTrailersFeature>()),
        (nameof(IHttpResetFeature), features => features.Get<IHttpResetFeature>()),
        (nameof(IHttpUpgradeFeature), features => features.Get<IHttpUpgradeFeature>()),
        (nameof(ITlsConnectionFeature), features => features.Get<ITlsConnectionFeature>()),
        (nameof(ITlsHandshakeFeature), features => features.Get<ITlsHandshakeFeature>()),
        (nameof(IServerVariablesFeature), features => features.Get<IServerVariablesFeature>()),
        (nameof(IHttpAuthenticationFeature), features => features.Get<IHttpAuthenticationFeature>()),
        (nameof(IConnectionLifetimeNotificationFeature), features => features.Get<IConnectionLifetimeNotificationFeature>()),
        (nameof(IBadRequestExceptionFeature), features => features.Get<IBadRequestExceptionFeature>()),
        (nameof(IEndpointFeature), features => features.Get<IEndpointFeature>()),
        (nameof(IRouteValuesFeature), features => features.Get<IRouteValuesFeature>()),
    ];

    public static void MapFeatures(this IEndpointRouteBuilder app)
    {
        app.Map("/features", context => context.Answer(string.Concat(
            s_features.Where(feature => feature.Get(context.Features) is not null).Select(feature => feature.Name + "\n"))));
        app.Map("/features/settable", Settable);
        app.Map("/features/server", context => context.Answer(
            context.RequestServices.GetRequiredService<IServer>().GetType().FullName!));
        app.Map("/features/addresses", context => context.Answer(string.Join('\n',
            context.RequestServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])));
        app.Map("/features/connection", Connection);
        app.Map("/features/tls", Tls);
        app.Map("/features/variable", context => context.Answer(
            context.GetServerVariable(context.Query("name")) ?? "(none)"));
        app.Map("/features/user", context => context.Answer(
            $"{context.User.Identity?.Name ?? "(none)"} {context.User.Identity?.AuthenticationType ?? "(none)"}"));
        app.Map("/features/max-body", MaxBody);
        app.Map("/features/max-body-default", context => context.Answer(
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize?.ToString(CultureInfo.InvariantCulture) ?? "none"));
        app.Map("/features/request-set", RequestSet);
        app.Map("/features/identifier", context => context.Answer(context.TraceIdentifier));
        app.Map("/features/replaced-body", async context =>
        {
            var original = context.Response.Body;
            using var memory = new MemoryStream();
            context.Response.Body = memory;
            await context.Response.WriteAsync("through a middleware's stream");
            context.Response.Body = original;
            context.Response.ContentLength = memory.Length;
            memory.Position = 0;
            await memory.CopyToAsync(original);
        });
    }

    /// <summary>Middleware may put features of its own in, and take them out.</summary>
    private static Task Settable(HttpContext context)
    {
        var features = context.Features;
        var mine = new Mine();
        features.Set(mine);
        var found = ReferenceEquals(features.Get<Mine>(), mine);
        features.Set<Mine>(null);
        var gone = features.Get<Mine>() is null;
        var original = features.Get<IHttpMaxRequestBodySizeFeature>();
        features.Set<IHttpMaxRequestBodySizeFeature>(null);
        var hidden = features.Get<IHttpMaxRequestBodySizeFeature>() is null;
        features.Set(original);
        features[typeof(IEnumerable<int>)] = new List<int> { 1 };
        var revision = features.Revision > 0;
        var listed = features.Any(pair => pair.Key == typeof(IEnumerable<int>));
        return context.Answer($"{found} {gone} {hidden} {revision} {listed}");
    }

    private static Task Connection(HttpContext context)
    {
        var connection = context.Connection;
        return context.Answer(string.Create(CultureInfo.InvariantCulture,
            $"remote={connection.RemoteIpAddress}:{connection.RemotePort}\nlocal={connection.LocalIpAddress}:{connection.LocalPort}\nid={connection.Id}\n"));
    }

    private static async Task Tls(HttpContext context)
    {
        var handshake = context.Features.Get<ITlsHandshakeFeature>();
        var certificate = await context.Connection.GetClientCertificateAsync();
        await context.Answer($"https={context.Request.IsHttps}\nprotocol={handshake?.Protocol}\ncipher={handshake?.NegotiatedCipherSuite}\n"
            + $"host={handshake?.HostName}\ncertificate={certificate?.Subject}\n");
    }

    /// <summary>Sets the limit ?limit= (or none), then reads; the note and the answer say what happened.</summary>
    private static async Task MaxBody(HttpContext context)
    {
        var feature = context.Features.Get<IHttpMaxRequestBodySizeFeature>()!;
        feature.MaxRequestBodySize = context.Request.Query.ContainsKey("limit") ? context.BigNumber("limit") : null;
        if (context.Request.Query.ContainsKey("throw"))
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
        }

        await context.AnswerOutcome(() => context.Request.Body.CopyToAsync(Stream.Null));
    }

    /// <summary>Everything of the request can be rewritten by middleware.</summary>
    private static Task RequestSet(HttpContext context)
    {
        var request = context.Request;
        request.Method = "PATCH";
        request.Scheme = "ftp";
        request.PathBase = "/base";
        request.Path = "/path";
        request.QueryString = new QueryString("?q=1");
        request.Protocol = "HTTP/9";
        request.Host = new HostString("elsewhere", 81);
        request.Headers["X-Set"] = "set";
        request.Headers.Remove("X-Remove");
        context.TraceIdentifier = "mine";
        return RequestDump.Write(context);
    }

    private sealed class Mine;
}
