using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;
using ModHost.Server.Headers;

namespace ModHost.Server.Exchanges;

/// <summary>Status, headers, callbacks, and the rules of when a response has a body. Application thread.</summary>
internal abstract partial class Exchange : IHttpResponseFeature, IHttpResponseTrailersFeature, IHttpResetFeature
{
    private readonly ResponseHeaders _responseHeaders;
    private ResponseHeaders? _trailers;
    private IHeaderDictionary? _responseHeadersSet;
    private IHeaderDictionary? _trailersSet;
    private Stack<KeyValuePair<Func<object, Task>, object>>? _onStarting;
    private Stack<KeyValuePair<Func<object, Task>, object>>? _onCompleted;
    private Exception? _applicationException;
    private BadHttpRequestException? _rejection;
    private string? _reason;
    private int _status;
    private long _written;
    private bool _bodyForbidden;

    /// <summary>Whether status and headers can no longer be changed.</summary>
    public bool HasStarted { get; private set; }

    int IHttpResponseFeature.StatusCode
    {
        get => _status;
        set
        {
            ThrowIfStarted(nameof(IHttpResponseFeature.StatusCode));
            _status = value;
        }
    }

    string? IHttpResponseFeature.ReasonPhrase
    {
        get => _reason;
        set
        {
            ThrowIfStarted(nameof(IHttpResponseFeature.ReasonPhrase));
            HeaderText.CheckValue(value, ascii: true);
            _reason = value;
        }
    }

    IHeaderDictionary IHttpResponseFeature.Headers
    {
        get => _responseHeadersSet ?? _responseHeaders;
        set => _responseHeadersSet = value;
    }

    bool IHttpResponseFeature.HasStarted => HasStarted;

    IHeaderDictionary IHttpResponseTrailersFeature.Trailers
    {
        get => _trailersSet ?? (_trailers ??= NewTrailers());
        set => _trailersSet = value;
    }

    void IHttpResponseFeature.OnStarting(Func<object, Task> callback, object state)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ThrowIfStarted(nameof(IHttpResponseFeature.OnStarting));
        (_onStarting ??= []).Push(new(callback, state));
    }

    void IHttpResponseFeature.OnCompleted(Func<object, Task> callback, object state)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ObjectDisposedException.ThrowIf(!_live, this);
        (_onCompleted ??= []).Push(new(callback, state));
    }

    // The web server ends the stream; which code it sends is its own choice.
    void IHttpResetFeature.Reset(int errorCode) => AbortByApplication();

    /// <summary>
    /// Runs OnStarting callbacks, the last first. One that throws fails the request; the rest are skipped.
    /// </summary>
    private Task FireOnStarting() =>
        _onStarting is { Count: > 0 } callbacks ? FireOnStarting(callbacks) : Task.CompletedTask;

    private async Task FireOnStarting(Stack<KeyValuePair<Func<object, Task>, object>> callbacks)
    {
        try
        {
            while (callbacks.TryPop(out var entry))
            {
                await entry.Key(entry.Value).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            ReportApplicationError(exception);
        }
    }

    private async Task FireOnCompleted(Stack<KeyValuePair<Func<object, Task>, object>> callbacks)
    {
        while (callbacks.TryPop(out var entry))
        {
            try
            {
                await entry.Key(entry.Value).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                LogApplicationError(exception);
            }
        }
    }

    /// <summary>Fixes status and headers. Throws where they contradict each other.</summary>
    private void Start()
    {
        if (HasStarted)
        {
            return;
        }

        if (_applicationException is not null)
        {
            throw new ObjectDisposedException(
                "The response has been aborted due to an unhandled application exception.", _applicationException);
        }

        SettleHeaders();
        HasStarted = true;
        _responseHeaders.SetReadOnly(true);
    }

    private void SettleHeaders()
    {
        if (_status is < 100 or > 599)
        {
            throw new InvalidOperationException($"The status code {_status} is not within 100 to 599.");
        }

        if (_status < 200 && !_accepting)
        {
            throw new InvalidOperationException(
                $"The status code {_status} is informational: it cannot be the status of a response.");
        }

        var forbidden = IsHead || _status is 204 or 205 or 304;
        if (forbidden && _responseHeaders.Has(HeaderNumber.TransferEncoding))
        {
            throw HeaderNotAllowed("Transfer-Encoding");
        }

        if (_responseHeaders.ContentLength is { } length)
        {
            if (!MayHaveContentLength)
            {
                if (length != 0)
                {
                    throw HeaderNotAllowed("Content-Length");
                }

                _responseHeaders.DropContentLength();
            }
            else if (_status == 205 && length != 0)
            {
                throw new InvalidOperationException(
                    "Non-zero Content-Length is not allowed on a response with status code 205.");
            }
        }

        _bodyForbidden = forbidden;
        if (_responseHeaders.RemoveHopByHop(_httpVersion >= 0x0200))
        {
            Log.HopByHopRemoved(ConnectionId);
        }
    }

    private bool MayHaveContentLength =>
        _status is not (< 200 or 204) && (_methodNumber != MethodTable.Connect || _status is < 200 or >= 300);

    /// <summary>
    /// Counts body bytes; throws where they are more than Content-Length, or where there may be none.
    /// </summary>
    private void CountWrite(int bytes)
    {
        if (HasStarted && _bodyForbidden && !IsHead)
        {
            throw new InvalidOperationException(
                $"Writing to the response body is invalid for responses with status code {_status}.");
        }

        if (_responseHeaders.ContentLength is { } length && _written + bytes > length)
        {
            throw new InvalidOperationException(
                $"Response Content-Length mismatch: too many bytes written ({_written + bytes} of {length}).");
        }

        _written += bytes;
    }

    /// <summary>
    /// Whether all that Content-Length promises was written; a client that leaves then has its answer.
    /// </summary>
    private bool IsLastWrite => _responseHeaders.ContentLength == _written;

    private bool TryVerifyLength([System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Exception? exception)
    {
        exception = null;
        if (!IsHead && _status != 304 && _responseHeaders.ContentLength is { } length && _written < length)
        {
            exception = new InvalidOperationException(
                $"Response Content-Length mismatch: too few bytes written ({_written} of {length}).");
        }

        return exception is null;
    }

    private void ReportApplicationError(Exception exception)
    {
        _applicationException = _applicationException is null
            ? exception
            : new AggregateException(_applicationException, exception).Flatten();
        LogApplicationError(exception);
    }

    // With what the web server's own log knows the request by; not its query, which may have secrets.
    private void LogApplicationError(Exception exception)
    {
        const int LongestPath = 1000;
        var (method, path) = ("?", "?");
        try
        {
            IHttpRequestFeature request = this;
            (method, path) = (request.Method, request.PathBase + request.Path);
        }
        catch (ObjectDisposedException)
        {
            // Something that was left behind: the request is over.
        }

        Log.ApplicationError(ConnectionId, TraceIdentifier, method,
            path.Length > LongestPath ? path[..LongestPath] : path, exception);
    }

    /// <summary>An answer of the server's own, in place of what the application had prepared.</summary>
    private void SetErrorResponse(int status)
    {
        _responseHeaders.Reset();
        _trailers?.Reset();
        _trailersSet = null;
        _status = status;
        _reason = null;
        _written = 0;
        lock (_gate)
        {
            DropResponse();
        }
    }

    private void EndResponse()
    {
        _responseHeaders.Reset();
        _responseHeaders.SetReadOnly(true);
        _trailers?.Reset();
        _responseHeadersSet = null;
        _trailersSet = null;
        _onStarting?.Clear();
        _onCompleted?.Clear();
        _applicationException = null;
        _rejection = null;
        _reason = null;
        _status = StatusCodes.Status200OK;
        _written = 0;
        _bodyForbidden = false;
        HasStarted = true;
        EndOutput();
    }

    private static ResponseHeaders NewTrailers() => new(null);

    private InvalidOperationException HeaderNotAllowed(string name) =>
        new($"The header '{name}' is not allowed on responses with status code {_status}.");

    private void ThrowIfStarted(string what)
    {
        if (HasStarted)
        {
            throw new InvalidOperationException($"{what} cannot be set because the response has already started.");
        }
    }
}
