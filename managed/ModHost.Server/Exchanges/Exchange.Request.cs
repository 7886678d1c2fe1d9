using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;
using ModHost.Server.Headers;

namespace ModHost.Server.Exchanges;

/// <summary>The request line and headers: strings are made when they are asked for. Application thread.</summary>
internal abstract partial class Exchange :
    IHttpRequestFeature, IHttpRequestIdentifierFeature, IHttpRequestTrailersFeature
{
    private readonly RequestHeaders _requestHeaders;
    private StringCache _methods;
    private StringCache _targets;
    private StringCache _pathBases;
    private StringCache _paths;
    private StringCache _queries;
    private IHeaderDictionary? _requestHeadersSet;
    private string? _protocol;
    private string? _scheme;
    private string? _method;
    private string? _target;
    private string? _pathBase;
    private string? _path;
    private string? _query;
    private string? _traceIdentifier;
    private int _methodNumber;
    private int _httpVersion;
    private RequestTraits _traits;

    /// <summary>The Host header as it came, whatever the application has set.</summary>
    public string GivenHost
    {
        get
        {
            var head = Head;
            for (var index = 0; index < head.HeaderCount; index++)
            {
                var header = head.Header(index);
                if (header.Known == HeaderNumber.Host)
                {
                    return Still(Use, System.Text.Encoding.Latin1.GetString(header.Value));
                }
            }

            return "";
        }
    }

    string IHttpRequestFeature.Protocol
    {
        get => _protocol ??= _httpVersion switch
        {
            0x0100 => HttpProtocol.Http10,
            0x0101 => HttpProtocol.Http11,
            0x0200 => HttpProtocol.Http2,
            0x0300 => HttpProtocol.Http3,
            _ => HttpProtocol.Http09,
        };
        set => _protocol = value;
    }

    string IHttpRequestFeature.Scheme
    {
        get => _scheme ??= (_traits & RequestTraits.Tls) != 0 ? "https" : "http";
        set => _scheme = value;
    }

    string IHttpRequestFeature.Method
    {
        get => _method ??= _methodNumber != MethodTable.Other
            ? MethodTable.Name(_methodNumber)
            : Still(Use, _methods.Get(Head.MethodName));
        set => _method = value;
    }

    string IHttpRequestFeature.PathBase
    {
        get => _pathBase ??= Still(Use, _pathBases.GetPath(Head.PathBase));
        set => _pathBase = value;
    }

    string IHttpRequestFeature.Path
    {
        get => _path ??= Still(Use, _paths.GetPath(Head.Path));
        set => _path = value;
    }

    string IHttpRequestFeature.QueryString
    {
        get => _query ??= Still(Use, _queries.Get(Head.Query));
        set => _query = value;
    }

    string IHttpRequestFeature.RawTarget
    {
        get => _target ??= Still(Use, _targets.Get(Head.Target));
        set => _target = value;
    }

    IHeaderDictionary IHttpRequestFeature.Headers
    {
        get => _requestHeadersSet ?? _requestHeaders;
        set => _requestHeadersSet = value;
    }

    Stream IHttpRequestFeature.Body
    {
        get => _requestStreamSet ?? RequestStream;
        set => _requestStreamSet = value;
    }

    string IHttpRequestIdentifierFeature.TraceIdentifier
    {
        get => _traceIdentifier ??= Still(Use, ExchangeIds.Request(Connection, Head.RequestNumber));
        set => _traceIdentifier = value;
    }

    // Available once the body was read, and none where the web server does not give them to its modules.
    bool IHttpRequestTrailersFeature.Available => _bodyEnded;

    IHeaderDictionary IHttpRequestTrailersFeature.Trailers =>
        _bodyEnded
            ? _requestTrailers ?? EmptyHeaders
            : throw new InvalidOperationException(
                "The request trailers are not available yet. They may not be available until the full request body is "
                + "read.");

    private static IHeaderDictionary EmptyHeaders => new HeaderDictionary { IsReadOnly = true };

    private RequestHead Head => new(_transport.Head);

    private string TraceIdentifier => ((IHttpRequestIdentifierFeature)this).TraceIdentifier;

    private bool IsHead => _methodNumber == MethodTable.Head;

    private void BeginRequest(RequestHead head)
    {
        _methodNumber = head.Method;
        _httpVersion = head.HttpVersion;
        _traits = head.Traits;
    }

    private void EndRequest()
    {
        _requestHeaders.End();
        _requestHeadersSet = null;
        _requestStreamSet = null;
        _protocol = null;
        _scheme = null;
        _method = null;
        _target = null;
        _pathBase = null;
        _path = null;
        _query = null;
        _traceIdentifier = null;
        IsUpgraded = false;
        EndConnection();
        EndTls();
        EndVariables();
    }
}
