using System.Collections.Frozen;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace ModHost.Server.Exchanges;

/// <summary>Places of the feature types that are asked for often; what an exchange implements comes first.</summary>
internal static class FeatureSlots
{
    /// <summary>So many of the first types are implemented by every exchange.</summary>
    public const int Always = 16;

    /// <summary>Those after them are implemented where the request has what they need.</summary>
    public const int Http2Reset = 16;

    /// <inheritdoc cref="Http2Reset" />
    public const int Trailers = 17;

    /// <inheritdoc cref="Http2Reset" />
    public const int TlsConnection = 18;

    /// <inheritdoc cref="Http2Reset" />
    public const int TlsHandshake = 19;

    /// <inheritdoc cref="Http2Reset" />
    public const int Authentication = 20;

    /// <summary>The types by place.</summary>
    public static readonly Type[] Types =
    [
        typeof(IHttpRequestFeature),
        typeof(IHttpResponseFeature),
        typeof(IHttpResponseBodyFeature),
        typeof(IHttpRequestBodyDetectionFeature),
        typeof(IRequestBodyPipeFeature),
        typeof(IHttpRequestIdentifierFeature),
        typeof(IHttpRequestLifetimeFeature),
        typeof(IHttpRequestTrailersFeature),
        typeof(IHttpConnectionFeature),
        typeof(IHttpBodyControlFeature),
        typeof(IHttpMaxRequestBodySizeFeature),
        typeof(IHttpUpgradeFeature),
        typeof(IServerVariablesFeature),
        typeof(IConnectionLifetimeNotificationFeature),
        typeof(IEndpointFeature),
        typeof(IRouteValuesFeature),

        typeof(IHttpResetFeature),
        typeof(IHttpResponseTrailersFeature),
        typeof(ITlsConnectionFeature),
        typeof(ITlsHandshakeFeature),
        typeof(IHttpAuthenticationFeature),

        typeof(IServiceProvidersFeature),
        typeof(IItemsFeature),
        typeof(IQueryFeature),
        typeof(IFormFeature),
        typeof(IRequestCookiesFeature),
        typeof(IResponseCookiesFeature),
        typeof(ISessionFeature),
        typeof(IHttpWebSocketFeature),
        typeof(IHttpActivityFeature),
        typeof(IHttpMetricsTagsFeature),
        typeof(IBadRequestExceptionFeature),
        typeof(IStatusCodePagesFeature),
        typeof(IExceptionHandlerFeature),
    ];

    private static readonly FrozenDictionary<Type, int> Places =
        Types.Select((type, place) => KeyValuePair.Create(type, place)).ToFrozenDictionary();

    /// <summary>The place of a type, or -1.</summary>
    public static int Find(Type type) => Places.TryGetValue(type, out var place) ? place : -1;
}

/// <summary>The place of one type, looked up once.</summary>
internal static class FeatureSlot<TFeature>
{
    public static readonly int Place = FeatureSlots.Find(typeof(TFeature));
}
