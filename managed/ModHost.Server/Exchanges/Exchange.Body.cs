using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;
using ModHost.Server.Bodies;
using ModHost.Server.Headers;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>The request body, and, after an upgrade, what the client sends.</summary>
/// <remarks>
/// The loop copies bytes into a pipe, which the application reads on its own threads. The web server sends no more than
/// the windows granted to it: one at the start, and then as much as the application has looked at.
/// </remarks>
internal abstract partial class Exchange :
    IHttpRequestBodyDetectionFeature, IRequestBodyPipeFeature, IHttpMaxRequestBodySizeFeature, IHttpBodyControlFeature
{
    /// <summary>How many bytes may be under way from the client to the application.</summary>
    private const int Window = 64 * 1024;

    private RequestBodyReader? _requestReader;
    private RequestBodyStream? _requestStream;
    private Stream? _requestStreamSet;
    private Pipe? _pipe;
    private IHeaderDictionary? _requestTrailers;
    private long? _maxBody;
    private long _contentLength;
    private long _granted;
    private bool _pipeUsed;
    private bool _writerDone;
    private bool _bodyEnded;
    private bool _readStarted;
    private bool _allowSynchronous;
    private int _readsUnderWay;

    bool IHttpRequestBodyDetectionFeature.CanHaveBody => HasBody;

    PipeReader IRequestBodyPipeFeature.Reader =>
        _requestStreamSet is { } set ? WrapRequestStream(set) : RequestReader;

    bool IHttpMaxRequestBodySizeFeature.IsReadOnly => _readStarted || IsUpgraded;

    long? IHttpMaxRequestBodySizeFeature.MaxRequestBodySize
    {
        get => _maxBody;
        set
        {
            if (_readStarted)
            {
                throw new InvalidOperationException(
                    "The maximum request body size cannot be modified after the app has already started reading "
                    + "from the request body.");
            }

            if (IsUpgraded)
            {
                throw new InvalidOperationException(
                    "The maximum request body size cannot be modified after the request has been upgraded.");
            }

            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), "Value must be null or a non-negative number.");
            }

            _maxBody = value;
        }
    }

    bool IHttpBodyControlFeature.AllowSynchronousIO
    {
        get => _allowSynchronous;
        set => _allowSynchronous = value;
    }

    /// <summary>Whether the request has a body; an upgraded one has none.</summary>
    internal bool HasBody => (_traits & RequestTraits.Body) != 0 && _contentLength != 0;

    /// <summary>Lets a read that waits go without bytes.</summary>
    internal void CancelRead()
    {
        lock (_gate)
        {
            if (_pipeUsed)
            {
                _pipe!.Reader.CancelPendingRead();
            }
        }
    }

    private RequestBodyReader RequestReader => _requestReader ??= new(this, upgraded: false, _live);

    private RequestBodyStream RequestStream => _requestStream ??= new(this, RequestReader);

    /// <inheritdoc cref="HttpExchange.Body" />
    public void Body(ExchangeTransport transport, ReadOnlySpan<byte> data, bool end)
    {
        lock (_gate)
        {
            if (!IsUseOf(transport) || _writerDone || _pipe is not { } pipe)
            {
                return;
            }

            if (!data.IsEmpty)
            {
                var writer = pipe.Writer;
                System.Buffers.BuffersExtensions.Write(writer, data);

                // Never waits: the windows hold back the web server. Continuations go to the thread pool.
                var flush = writer.FlushAsync();
                if (!flush.IsCompletedSuccessfully)
                {
                    _ = flush.AsTask();
                }
            }

            if (end)
            {
                _writerDone = true;
                pipe.Writer.Complete();
            }
        }
    }

    /// <inheritdoc cref="HttpExchange.Trailers" />
    public void Trailers(ExchangeTransport transport, ReadOnlySpan<byte> head)
    {
        var trailers = TrailerFields.Read(new RequestHead(head), Server.Options.RequestHeaderEncodingSelector);
        lock (_gate)
        {
            if (IsUseOf(transport) && !_writerDone)
            {
                _requestTrailers = trailers;
            }
        }

        Body(transport, default, end: true);
    }

    internal void ThrowIfSynchronousIsRefused(string operation)
    {
        if (!_allowSynchronous)
        {
            throw new InvalidOperationException(
                $"Synchronous operations are disallowed. Call {operation}Async or set AllowSynchronousIO to true "
                + "instead.");
        }
    }

    /// <summary>The pipe that holds the body, once the application begins to read. Throws 413.</summary>
    internal PipeReader StartReading()
    {
        var pipe = _pipe!;
        if (_readStarted)
        {
            return pipe.Reader;
        }

        if (!IsUpgraded && _contentLength > _maxBody)
        {
            throw TooLarge();
        }

        _readStarted = true;
        if (_granted == 0)
        {
            Grant(Window);
        }

        return pipe.Reader;
    }

    /// <summary>The application has looked at so many more bytes.</summary>
    internal void Grant(long bytes)
    {
        // With a known length the last window is as large as what is left, and then there is nothing to tell.
        var left = _contentLength >= 0 && !IsUpgraded ? _contentLength - _granted : long.MaxValue;
        var window = (int)Math.Min(Math.Min(bytes, left), int.MaxValue);
        if (window <= 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_live && !_writerDone)
            {
                if (_granted == 0 && HoldsBack)
                {
                    // A client is not told to continue when the answer has begun before.
                    UncorkLocked();
                }

                _granted += window;
                _transport.Read(window);
            }
        }
    }

    /// <summary>Throws 413 where so many bytes are more than the application wants.</summary>
    internal void CheckBodySize(long bytes)
    {
        if (!IsUpgraded && bytes > _maxBody)
        {
            throw TooLarge();
        }
    }

    /// <summary>A read that waits: how many there are tells whether the pipe can be used again.</summary>
    internal void ReadWaits(int change) => Interlocked.Add(ref _readsUnderWay, change);

    /// <summary>The application has read to the end.</summary>
    internal void BodyRead() => _bodyEnded = true;

    private BadHttpRequestException TooLarge() =>
        new($"Request body too large. The max request body size is {_maxBody} bytes.",
            StatusCodes.Status413PayloadTooLarge);

    private PipeReader WrapRequestStream(Stream stream)
    {
        // As Kestrel: a stream that was put in place of the body is what the pipe reads from.
        var reader = PipeReader.Create(stream);
        ((IHttpResponseFeature)this).OnCompleted(
            static state => ((PipeReader)state).CompleteAsync().AsTask(), reader);
        return reader;
    }

    private void BeginBody(RequestHead head)
    {
        _contentLength = head.ContentLength;
        _maxBody = _transport.MaxRequestBodySize
            ?? Server.Options.MaxRequestBodySize
            ?? Server.Connection.MaxRequestBodySize;
        if (_maxBody == long.MaxValue)
        {
            _maxBody = null;
        }

        _allowSynchronous = Server.Options.AllowSynchronousIO;
        _bodyEnded = !HasBody;
        if (!HasBody)
        {
            return;
        }

        OpenPipe();

        // Small bodies are there when the application asks; but "100 Continue" waits until it does ask.
        if (!ExpectsContinue(head) && !(_contentLength > _maxBody))
        {
            Grant(Window);
        }
    }

    private void OpenPipe()
    {
        _pipe ??= new Pipe(new PipeOptions(
            BodyMemory.Instance,
            readerScheduler: new ResumeScheduler(this),
            pauseWriterThreshold: 0,
            resumeWriterThreshold: 0,
            minimumSegmentSize: BodyMemory.BlockSize,
            useSynchronizationContext: false));
        _granted = 0;
        _readsUnderWay = 0;
        lock (_gate)
        {
            _pipeUsed = true;
            _writerDone = false;
            if (_aborted)
            {
                // Just before, and there was no pipe to tell.
                AbortBodyLocked();
            }
        }
    }

    private void ClosePipe(Pipe pipe)
    {
        _pipeUsed = false;
        if (!_writerDone)
        {
            pipe.Writer.Complete();
        }

        pipe.Reader.Complete();
        if (_readsUnderWay == 0)
        {
            pipe.Reset();
            return;
        }

        // Somebody has left a read behind. It ends now, and its pipe is never used again.
        _readsUnderWay = 0;
        _pipe = null;
    }

    private static bool ExpectsContinue(RequestHead head)
    {
        for (var index = 0; index < head.HeaderCount; index++)
        {
            if (head.Header(index).Known == HeaderNumber.Expect)
            {
                return true;
            }
        }

        return false;
    }

    private void AbortBodyLocked()
    {
        if (!_pipeUsed || _writerDone)
        {
            return;
        }

        _writerDone = true;
        _pipe!.Writer.Complete(_abortReason switch
        {
            ResetReason.Client => new ConnectionResetException("The client has disconnected."),
            ResetReason.Body => new BadHttpRequestException("Unexpected end of request content."),
            ResetReason.TooLarge => TooLarge(),
            _ => new OperationCanceledException("The request was aborted."),
        });
    }

    /// <summary>Under the gate, with the exchange no longer live.</summary>
    private void EndBody()
    {
        if (_pipeUsed)
        {
            ClosePipe(_pipe!);
        }

        _readStarted = false;
        _writerDone = true;
        _requestTrailers = null;
    }
}
