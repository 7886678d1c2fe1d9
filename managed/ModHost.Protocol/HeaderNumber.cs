namespace ModHost.Protocol;

/// <summary>The numbers of the headers that travel as a number: MODHOST_HEADER_* of abi.h.</summary>
/// <remarks>Numbers are never reused. 0 stands for a header whose name is given as text.</remarks>
public static class HeaderNumber
{
    /// <summary>The name is given as text.</summary>
    public const int Other = 0;

    /// <summary>Accept.</summary>
    public const int Accept = 1;

    /// <summary>Accept-Charset.</summary>
    public const int AcceptCharset = 2;

    /// <summary>Accept-Encoding.</summary>
    public const int AcceptEncoding = 3;

    /// <summary>Accept-Language.</summary>
    public const int AcceptLanguage = 4;

    /// <summary>Accept-Ranges.</summary>
    public const int AcceptRanges = 5;

    /// <summary>Access-Control-Allow-Credentials.</summary>
    public const int AccessControlAllowCredentials = 6;

    /// <summary>Access-Control-Allow-Headers.</summary>
    public const int AccessControlAllowHeaders = 7;

    /// <summary>Access-Control-Allow-Methods.</summary>
    public const int AccessControlAllowMethods = 8;

    /// <summary>Access-Control-Allow-Origin.</summary>
    public const int AccessControlAllowOrigin = 9;

    /// <summary>Access-Control-Expose-Headers.</summary>
    public const int AccessControlExposeHeaders = 10;

    /// <summary>Access-Control-Max-Age.</summary>
    public const int AccessControlMaxAge = 11;

    /// <summary>Access-Control-Request-Headers.</summary>
    public const int AccessControlRequestHeaders = 12;

    /// <summary>Access-Control-Request-Method.</summary>
    public const int AccessControlRequestMethod = 13;

    /// <summary>Age.</summary>
    public const int Age = 14;

    /// <summary>Allow.</summary>
    public const int Allow = 15;

    /// <summary>Alt-Svc.</summary>
    public const int AltSvc = 16;

    /// <summary>Authorization.</summary>
    public const int Authorization = 17;

    /// <summary>Cache-Control.</summary>
    public const int CacheControl = 18;

    /// <summary>Connection.</summary>
    public const int Connection = 19;

    /// <summary>Content-Disposition.</summary>
    public const int ContentDisposition = 20;

    /// <summary>Content-Encoding.</summary>
    public const int ContentEncoding = 21;

    /// <summary>Content-Language.</summary>
    public const int ContentLanguage = 22;

    /// <summary>Content-Length.</summary>
    public const int ContentLength = 23;

    /// <summary>Content-Location.</summary>
    public const int ContentLocation = 24;

    /// <summary>Content-Range.</summary>
    public const int ContentRange = 25;

    /// <summary>Content-Security-Policy.</summary>
    public const int ContentSecurityPolicy = 26;

    /// <summary>Content-Type.</summary>
    public const int ContentType = 27;

    /// <summary>Cookie.</summary>
    public const int Cookie = 28;

    /// <summary>Date.</summary>
    public const int Date = 29;

    /// <summary>Early-Data.</summary>
    public const int EarlyData = 30;

    /// <summary>ETag.</summary>
    public const int ETag = 31;

    /// <summary>Expect.</summary>
    public const int Expect = 32;

    /// <summary>Expires.</summary>
    public const int Expires = 33;

    /// <summary>Forwarded.</summary>
    public const int Forwarded = 34;

    /// <summary>From.</summary>
    public const int From = 35;

    /// <summary>Grpc-Accept-Encoding.</summary>
    public const int GrpcAcceptEncoding = 36;

    /// <summary>Grpc-Encoding.</summary>
    public const int GrpcEncoding = 37;

    /// <summary>Grpc-Message.</summary>
    public const int GrpcMessage = 38;

    /// <summary>Grpc-Status.</summary>
    public const int GrpcStatus = 39;

    /// <summary>Grpc-Timeout.</summary>
    public const int GrpcTimeout = 40;

    /// <summary>Host.</summary>
    public const int Host = 41;

    /// <summary>If-Match.</summary>
    public const int IfMatch = 42;

    /// <summary>If-Modified-Since.</summary>
    public const int IfModifiedSince = 43;

    /// <summary>If-None-Match.</summary>
    public const int IfNoneMatch = 44;

    /// <summary>If-Range.</summary>
    public const int IfRange = 45;

    /// <summary>If-Unmodified-Since.</summary>
    public const int IfUnmodifiedSince = 46;

    /// <summary>Keep-Alive.</summary>
    public const int KeepAlive = 47;

    /// <summary>Last-Modified.</summary>
    public const int LastModified = 48;

    /// <summary>Link.</summary>
    public const int Link = 49;

    /// <summary>Location.</summary>
    public const int Location = 50;

    /// <summary>Max-Forwards.</summary>
    public const int MaxForwards = 51;

    /// <summary>Origin.</summary>
    public const int Origin = 52;

    /// <summary>Pragma.</summary>
    public const int Pragma = 53;

    /// <summary>Proxy-Authenticate.</summary>
    public const int ProxyAuthenticate = 54;

    /// <summary>Proxy-Authorization.</summary>
    public const int ProxyAuthorization = 55;

    /// <summary>Range.</summary>
    public const int Range = 56;

    /// <summary>Referer.</summary>
    public const int Referer = 57;

    /// <summary>Retry-After.</summary>
    public const int RetryAfter = 58;

    /// <summary>Sec-Fetch-Dest.</summary>
    public const int SecFetchDest = 59;

    /// <summary>Sec-Fetch-Mode.</summary>
    public const int SecFetchMode = 60;

    /// <summary>Sec-Fetch-Site.</summary>
    public const int SecFetchSite = 61;

    /// <summary>Sec-WebSocket-Accept.</summary>
    public const int SecWebSocketAccept = 62;

    /// <summary>Sec-WebSocket-Extensions.</summary>
    public const int SecWebSocketExtensions = 63;

    /// <summary>Sec-WebSocket-Key.</summary>
    public const int SecWebSocketKey = 64;

    /// <summary>Sec-WebSocket-Protocol.</summary>
    public const int SecWebSocketProtocol = 65;

    /// <summary>Sec-WebSocket-Version.</summary>
    public const int SecWebSocketVersion = 66;

    /// <summary>Server.</summary>
    public const int Server = 67;

    /// <summary>Set-Cookie.</summary>
    public const int SetCookie = 68;

    /// <summary>Strict-Transport-Security.</summary>
    public const int StrictTransportSecurity = 69;

    /// <summary>TE.</summary>
    public const int TE = 70;

    /// <summary>traceparent.</summary>
    public const int TraceParent = 71;

    /// <summary>tracestate.</summary>
    public const int TraceState = 72;

    /// <summary>Trailer.</summary>
    public const int Trailer = 73;

    /// <summary>Transfer-Encoding.</summary>
    public const int TransferEncoding = 74;

    /// <summary>Upgrade.</summary>
    public const int Upgrade = 75;

    /// <summary>Upgrade-Insecure-Requests.</summary>
    public const int UpgradeInsecureRequests = 76;

    /// <summary>User-Agent.</summary>
    public const int UserAgent = 77;

    /// <summary>Vary.</summary>
    public const int Vary = 78;

    /// <summary>Via.</summary>
    public const int Via = 79;

    /// <summary>Warning.</summary>
    public const int Warning = 80;

    /// <summary>WWW-Authenticate.</summary>
    public const int WWWAuthenticate = 81;

    /// <summary>X-Accel-Buffering.</summary>
    public const int XAccelBuffering = 82;

    /// <summary>X-Accel-Redirect.</summary>
    public const int XAccelRedirect = 83;

    /// <summary>X-Content-Type-Options.</summary>
    public const int XContentTypeOptions = 84;

    /// <summary>X-Forwarded-For.</summary>
    public const int XForwardedFor = 85;

    /// <summary>X-Forwarded-Host.</summary>
    public const int XForwardedHost = 86;

    /// <summary>X-Forwarded-Proto.</summary>
    public const int XForwardedProto = 87;

    /// <summary>X-Frame-Options.</summary>
    public const int XFrameOptions = 88;

    /// <summary>X-Powered-By.</summary>
    public const int XPoweredBy = 89;

    /// <summary>X-Requested-With.</summary>
    public const int XRequestedWith = 90;

    /// <summary>One past the highest number.</summary>
    public const int Count = 91;
}
