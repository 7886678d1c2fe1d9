using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>The typed properties of <see cref="IHeaderDictionary"/>, each straight to its slot.</summary>
internal abstract partial class HeaderFields
{
    StringValues IHeaderDictionary.Accept
    {
        get => Get(HeaderNumber.Accept);
        set => Assign(HeaderNumber.Accept, value);
    }

    StringValues IHeaderDictionary.AcceptCharset
    {
        get => Get(HeaderNumber.AcceptCharset);
        set => Assign(HeaderNumber.AcceptCharset, value);
    }

    StringValues IHeaderDictionary.AcceptEncoding
    {
        get => Get(HeaderNumber.AcceptEncoding);
        set => Assign(HeaderNumber.AcceptEncoding, value);
    }

    StringValues IHeaderDictionary.AcceptLanguage
    {
        get => Get(HeaderNumber.AcceptLanguage);
        set => Assign(HeaderNumber.AcceptLanguage, value);
    }

    StringValues IHeaderDictionary.AcceptRanges
    {
        get => Get(HeaderNumber.AcceptRanges);
        set => Assign(HeaderNumber.AcceptRanges, value);
    }

    StringValues IHeaderDictionary.AccessControlAllowCredentials
    {
        get => Get(HeaderNumber.AccessControlAllowCredentials);
        set => Assign(HeaderNumber.AccessControlAllowCredentials, value);
    }

    StringValues IHeaderDictionary.AccessControlAllowHeaders
    {
        get => Get(HeaderNumber.AccessControlAllowHeaders);
        set => Assign(HeaderNumber.AccessControlAllowHeaders, value);
    }

    StringValues IHeaderDictionary.AccessControlAllowMethods
    {
        get => Get(HeaderNumber.AccessControlAllowMethods);
        set => Assign(HeaderNumber.AccessControlAllowMethods, value);
    }

    StringValues IHeaderDictionary.AccessControlAllowOrigin
    {
        get => Get(HeaderNumber.AccessControlAllowOrigin);
        set => Assign(HeaderNumber.AccessControlAllowOrigin, value);
    }

    StringValues IHeaderDictionary.AccessControlExposeHeaders
    {
        get => Get(HeaderNumber.AccessControlExposeHeaders);
        set => Assign(HeaderNumber.AccessControlExposeHeaders, value);
    }

    StringValues IHeaderDictionary.AccessControlMaxAge
    {
        get => Get(HeaderNumber.AccessControlMaxAge);
        set => Assign(HeaderNumber.AccessControlMaxAge, value);
    }

    StringValues IHeaderDictionary.AccessControlRequestHeaders
    {
        get => Get(HeaderNumber.AccessControlRequestHeaders);
        set => Assign(HeaderNumber.AccessControlRequestHeaders, value);
    }

    StringValues IHeaderDictionary.AccessControlRequestMethod
    {
        get => Get(HeaderNumber.AccessControlRequestMethod);
        set => Assign(HeaderNumber.AccessControlRequestMethod, value);
    }

    StringValues IHeaderDictionary.Age
    {
        get => Get(HeaderNumber.Age);
        set => Assign(HeaderNumber.Age, value);
    }

    StringValues IHeaderDictionary.Allow
    {
        get => Get(HeaderNumber.Allow);
        set => Assign(HeaderNumber.Allow, value);
    }

    StringValues IHeaderDictionary.AltSvc
    {
        get => Get(HeaderNumber.AltSvc);
        set => Assign(HeaderNumber.AltSvc, value);
    }

    StringValues IHeaderDictionary.Authorization
    {
        get => Get(HeaderNumber.Authorization);
        set => Assign(HeaderNumber.Authorization, value);
    }

    StringValues IHeaderDictionary.CacheControl
    {
        get => Get(HeaderNumber.CacheControl);
        set => Assign(HeaderNumber.CacheControl, value);
    }

    StringValues IHeaderDictionary.Connection
    {
        get => Get(HeaderNumber.Connection);
        set => Assign(HeaderNumber.Connection, value);
    }

    StringValues IHeaderDictionary.ContentDisposition
    {
        get => Get(HeaderNumber.ContentDisposition);
        set => Assign(HeaderNumber.ContentDisposition, value);
    }

    StringValues IHeaderDictionary.ContentEncoding
    {
        get => Get(HeaderNumber.ContentEncoding);
        set => Assign(HeaderNumber.ContentEncoding, value);
    }

    StringValues IHeaderDictionary.ContentLanguage
    {
        get => Get(HeaderNumber.ContentLanguage);
        set => Assign(HeaderNumber.ContentLanguage, value);
    }

    StringValues IHeaderDictionary.ContentLocation
    {
        get => Get(HeaderNumber.ContentLocation);
        set => Assign(HeaderNumber.ContentLocation, value);
    }

    StringValues IHeaderDictionary.ContentRange
    {
        get => Get(HeaderNumber.ContentRange);
        set => Assign(HeaderNumber.ContentRange, value);
    }

    StringValues IHeaderDictionary.ContentSecurityPolicy
    {
        get => Get(HeaderNumber.ContentSecurityPolicy);
        set => Assign(HeaderNumber.ContentSecurityPolicy, value);
    }

    StringValues IHeaderDictionary.ContentType
    {
        get => Get(HeaderNumber.ContentType);
        set => Assign(HeaderNumber.ContentType, value);
    }

    StringValues IHeaderDictionary.Cookie
    {
        get => Get(HeaderNumber.Cookie);
        set => Assign(HeaderNumber.Cookie, value);
    }

    StringValues IHeaderDictionary.Date
    {
        get => Get(HeaderNumber.Date);
        set => Assign(HeaderNumber.Date, value);
    }

    StringValues IHeaderDictionary.ETag
    {
        get => Get(HeaderNumber.ETag);
        set => Assign(HeaderNumber.ETag, value);
    }

    StringValues IHeaderDictionary.Expires
    {
        get => Get(HeaderNumber.Expires);
        set => Assign(HeaderNumber.Expires, value);
    }

    StringValues IHeaderDictionary.Expect
    {
        get => Get(HeaderNumber.Expect);
        set => Assign(HeaderNumber.Expect, value);
    }

    StringValues IHeaderDictionary.From
    {
        get => Get(HeaderNumber.From);
        set => Assign(HeaderNumber.From, value);
    }

    StringValues IHeaderDictionary.GrpcAcceptEncoding
    {
        get => Get(HeaderNumber.GrpcAcceptEncoding);
        set => Assign(HeaderNumber.GrpcAcceptEncoding, value);
    }

    StringValues IHeaderDictionary.GrpcEncoding
    {
        get => Get(HeaderNumber.GrpcEncoding);
        set => Assign(HeaderNumber.GrpcEncoding, value);
    }

    StringValues IHeaderDictionary.GrpcMessage
    {
        get => Get(HeaderNumber.GrpcMessage);
        set => Assign(HeaderNumber.GrpcMessage, value);
    }

    StringValues IHeaderDictionary.GrpcStatus
    {
        get => Get(HeaderNumber.GrpcStatus);
        set => Assign(HeaderNumber.GrpcStatus, value);
    }

    StringValues IHeaderDictionary.GrpcTimeout
    {
        get => Get(HeaderNumber.GrpcTimeout);
        set => Assign(HeaderNumber.GrpcTimeout, value);
    }

    StringValues IHeaderDictionary.Host
    {
        get => Get(HeaderNumber.Host);
        set => Assign(HeaderNumber.Host, value);
    }

    StringValues IHeaderDictionary.KeepAlive
    {
        get => Get(HeaderNumber.KeepAlive);
        set => Assign(HeaderNumber.KeepAlive, value);
    }

    StringValues IHeaderDictionary.IfMatch
    {
        get => Get(HeaderNumber.IfMatch);
        set => Assign(HeaderNumber.IfMatch, value);
    }

    StringValues IHeaderDictionary.IfModifiedSince
    {
        get => Get(HeaderNumber.IfModifiedSince);
        set => Assign(HeaderNumber.IfModifiedSince, value);
    }

    StringValues IHeaderDictionary.IfNoneMatch
    {
        get => Get(HeaderNumber.IfNoneMatch);
        set => Assign(HeaderNumber.IfNoneMatch, value);
    }

    StringValues IHeaderDictionary.IfRange
    {
        get => Get(HeaderNumber.IfRange);
        set => Assign(HeaderNumber.IfRange, value);
    }

    StringValues IHeaderDictionary.IfUnmodifiedSince
    {
        get => Get(HeaderNumber.IfUnmodifiedSince);
        set => Assign(HeaderNumber.IfUnmodifiedSince, value);
    }

    StringValues IHeaderDictionary.LastModified
    {
        get => Get(HeaderNumber.LastModified);
        set => Assign(HeaderNumber.LastModified, value);
    }

    StringValues IHeaderDictionary.Link
    {
        get => Get(HeaderNumber.Link);
        set => Assign(HeaderNumber.Link, value);
    }

    StringValues IHeaderDictionary.Location
    {
        get => Get(HeaderNumber.Location);
        set => Assign(HeaderNumber.Location, value);
    }

    StringValues IHeaderDictionary.MaxForwards
    {
        get => Get(HeaderNumber.MaxForwards);
        set => Assign(HeaderNumber.MaxForwards, value);
    }

    StringValues IHeaderDictionary.Origin
    {
        get => Get(HeaderNumber.Origin);
        set => Assign(HeaderNumber.Origin, value);
    }

    StringValues IHeaderDictionary.Pragma
    {
        get => Get(HeaderNumber.Pragma);
        set => Assign(HeaderNumber.Pragma, value);
    }

    StringValues IHeaderDictionary.ProxyAuthenticate
    {
        get => Get(HeaderNumber.ProxyAuthenticate);
        set => Assign(HeaderNumber.ProxyAuthenticate, value);
    }

    StringValues IHeaderDictionary.ProxyAuthorization
    {
        get => Get(HeaderNumber.ProxyAuthorization);
        set => Assign(HeaderNumber.ProxyAuthorization, value);
    }

    StringValues IHeaderDictionary.Range
    {
        get => Get(HeaderNumber.Range);
        set => Assign(HeaderNumber.Range, value);
    }

    StringValues IHeaderDictionary.Referer
    {
        get => Get(HeaderNumber.Referer);
        set => Assign(HeaderNumber.Referer, value);
    }

    StringValues IHeaderDictionary.RetryAfter
    {
        get => Get(HeaderNumber.RetryAfter);
        set => Assign(HeaderNumber.RetryAfter, value);
    }

    StringValues IHeaderDictionary.SecWebSocketAccept
    {
        get => Get(HeaderNumber.SecWebSocketAccept);
        set => Assign(HeaderNumber.SecWebSocketAccept, value);
    }

    StringValues IHeaderDictionary.SecWebSocketKey
    {
        get => Get(HeaderNumber.SecWebSocketKey);
        set => Assign(HeaderNumber.SecWebSocketKey, value);
    }

    StringValues IHeaderDictionary.SecWebSocketProtocol
    {
        get => Get(HeaderNumber.SecWebSocketProtocol);
        set => Assign(HeaderNumber.SecWebSocketProtocol, value);
    }

    StringValues IHeaderDictionary.SecWebSocketVersion
    {
        get => Get(HeaderNumber.SecWebSocketVersion);
        set => Assign(HeaderNumber.SecWebSocketVersion, value);
    }

    StringValues IHeaderDictionary.SecWebSocketExtensions
    {
        get => Get(HeaderNumber.SecWebSocketExtensions);
        set => Assign(HeaderNumber.SecWebSocketExtensions, value);
    }

    StringValues IHeaderDictionary.Server
    {
        get => Get(HeaderNumber.Server);
        set => Assign(HeaderNumber.Server, value);
    }

    StringValues IHeaderDictionary.SetCookie
    {
        get => Get(HeaderNumber.SetCookie);
        set => Assign(HeaderNumber.SetCookie, value);
    }

    StringValues IHeaderDictionary.StrictTransportSecurity
    {
        get => Get(HeaderNumber.StrictTransportSecurity);
        set => Assign(HeaderNumber.StrictTransportSecurity, value);
    }

    StringValues IHeaderDictionary.TE
    {
        get => Get(HeaderNumber.TE);
        set => Assign(HeaderNumber.TE, value);
    }

    StringValues IHeaderDictionary.Trailer
    {
        get => Get(HeaderNumber.Trailer);
        set => Assign(HeaderNumber.Trailer, value);
    }

    StringValues IHeaderDictionary.TransferEncoding
    {
        get => Get(HeaderNumber.TransferEncoding);
        set => Assign(HeaderNumber.TransferEncoding, value);
    }

    StringValues IHeaderDictionary.TraceParent
    {
        get => Get(HeaderNumber.TraceParent);
        set => Assign(HeaderNumber.TraceParent, value);
    }

    StringValues IHeaderDictionary.TraceState
    {
        get => Get(HeaderNumber.TraceState);
        set => Assign(HeaderNumber.TraceState, value);
    }

    StringValues IHeaderDictionary.Upgrade
    {
        get => Get(HeaderNumber.Upgrade);
        set => Assign(HeaderNumber.Upgrade, value);
    }

    StringValues IHeaderDictionary.UpgradeInsecureRequests
    {
        get => Get(HeaderNumber.UpgradeInsecureRequests);
        set => Assign(HeaderNumber.UpgradeInsecureRequests, value);
    }

    StringValues IHeaderDictionary.UserAgent
    {
        get => Get(HeaderNumber.UserAgent);
        set => Assign(HeaderNumber.UserAgent, value);
    }

    StringValues IHeaderDictionary.Vary
    {
        get => Get(HeaderNumber.Vary);
        set => Assign(HeaderNumber.Vary, value);
    }

    StringValues IHeaderDictionary.Via
    {
        get => Get(HeaderNumber.Via);
        set => Assign(HeaderNumber.Via, value);
    }

    StringValues IHeaderDictionary.Warning
    {
        get => Get(HeaderNumber.Warning);
        set => Assign(HeaderNumber.Warning, value);
    }

    StringValues IHeaderDictionary.WWWAuthenticate
    {
        get => Get(HeaderNumber.WWWAuthenticate);
        set => Assign(HeaderNumber.WWWAuthenticate, value);
    }

    StringValues IHeaderDictionary.XContentTypeOptions
    {
        get => Get(HeaderNumber.XContentTypeOptions);
        set => Assign(HeaderNumber.XContentTypeOptions, value);
    }

    StringValues IHeaderDictionary.XFrameOptions
    {
        get => Get(HeaderNumber.XFrameOptions);
        set => Assign(HeaderNumber.XFrameOptions, value);
    }

    StringValues IHeaderDictionary.XPoweredBy
    {
        get => Get(HeaderNumber.XPoweredBy);
        set => Assign(HeaderNumber.XPoweredBy, value);
    }

    StringValues IHeaderDictionary.XRequestedWith
    {
        get => Get(HeaderNumber.XRequestedWith);
        set => Assign(HeaderNumber.XRequestedWith, value);
    }
}
