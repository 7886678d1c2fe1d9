using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Bodies;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>The response body: what its writer and stream do. Application thread, one writer at a time.</summary>
internal abstract partial class Exchange : IHttpResponseBodyFeature
{
    private ResponseBodyWriter? _responseWriter;
    private ResponseBodyStream? _responseStream;
    private StreamResponseBodyFeature? _bodyFeature;

    Stream IHttpResponseBodyFeature.Stream => ResponseStream;

    PipeWriter IHttpResponseBodyFeature.Writer => ResponseWriter;

    // The body feature of old: whoever sets it gets a feature that writes to what was set.
    [SuppressMessage("Usage", "CS0618", Justification = "The interface still has it.")]
    Stream IHttpResponseFeature.Body
    {
        get => _bodyFeature?.Stream ?? ResponseStream;
        set
        {
            _bodyFeature = new StreamResponseBodyFeature(value, this);
            SetFeature(typeof(IHttpResponseBodyFeature), FeatureSlot<IHttpResponseBodyFeature>.Place, _bodyFeature);
        }
    }

    private ResponseBodyWriter ResponseWriter => _responseWriter ??= new(this, _live);

    private ResponseBodyStream ResponseStream => _responseStream ??= new(this, ResponseWriter);

    /// <summary>
    /// Whether the application has completed its answer; where a client has gone, writes go on silently.
    /// </summary>
    internal bool IsComplete => _ended && !_aborted;

    /// <summary>Bytes that were written and not flushed.</summary>
    internal long UnflushedBytes => _writing.Bytes;

    void IHttpResponseBodyFeature.DisableBuffering()
    {
        // There is none here; the web server's own is asked for with X-Accel-Buffering.
    }

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken)
    {
        if (HasStarted)
        {
            return Task.CompletedTask;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var starting = FireOnStarting();
        if (!starting.IsCompletedSuccessfully)
        {
            return StartAwaited(starting);
        }

        Start();
        return Task.CompletedTask;
    }

    Task IHttpResponseBodyFeature.CompleteAsync()
    {
        var completion = CompleteBody(null);

        // The application may go on for long, or end the process: its client does not wait for that.
        DrainLoop.Current?.Wake();
        return completion;
    }

    internal Memory<byte> GetMemory(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_gate)
        {
            return _writing.GetMemory(_transport, sizeHint);
        }
    }

    internal void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!_live, this);
            CountWrite(bytes);
            _writing.Advance(bytes);
        }
    }

    internal ValueTask<FlushResult> Flush(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (!HasStarted)
        {
            var starting = FireOnStarting();
            if (!starting.IsCompletedSuccessfully)
            {
                return FlushAwaited(starting, cancellationToken);
            }

            Start();
        }

        if (IsLastWrite)
        {
            PreventAbort();
        }

        return FlushStarted(default, cancellationToken);
    }

    internal ValueTask<FlushResult> Write(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (!HasStarted)
        {
            var starting = FireOnStarting();
            if (!starting.IsCompletedSuccessfully)
            {
                return WriteAwaited(starting, source, cancellationToken);
            }

            Start();
        }

        return WriteStarted(source, cancellationToken);
    }

    internal void CancelPendingFlush()
    {
        lock (_gate)
        {
            _flush.Complete(cancelled: true);
        }
    }

    /// <summary>The application says that the body is complete, or, with an exception, that it never will be.</summary>
    internal Task CompleteBody(Exception? exception)
    {
        if (exception is not null)
        {
            ReportApplicationError(new Microsoft.AspNetCore.Connections.ConnectionAbortedException(
                "The response body was completed with an exception.", exception));
            if (HasStarted)
            {
                BreakAndAbort(flush: false);
            }
        }

        if (HasStarted || _onStarting is not { Count: > 0 })
        {
            return CompleteStarted();
        }

        return CompleteAwaited(FireOnStarting());
    }

    /// <summary>The flush's token has fired. What was half sent cannot be taken back.</summary>
    internal void OnFlushCancelled()
    {
        lock (_gate)
        {
            if (_live && _flush.Fail())
            {
                BreakAndAbort(flush: false);
            }
        }
    }

    private ValueTask<FlushResult> WriteStarted(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        CountWrite(source.Length);
        if (IsLastWrite)
        {
            PreventAbort();
        }

        return FlushStarted(_bodyForbidden ? default : source.Span, cancellationToken);
    }

    private async Task StartAwaited(Task starting)
    {
        await starting.ConfigureAwait(false);
        Start();
    }

    private async ValueTask<FlushResult> FlushAwaited(Task starting, CancellationToken cancellationToken)
    {
        await starting.ConfigureAwait(false);
        Start();
        return await FlushStarted(default, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<FlushResult> WriteAwaited(
        Task starting, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        await starting.ConfigureAwait(false);
        Start();
        return await WriteStarted(source, cancellationToken).ConfigureAwait(false);
    }

    private async Task CompleteAwaited(Task starting)
    {
        await starting.ConfigureAwait(false);
        await CompleteStarted().ConfigureAwait(false);
    }

    private Task CompleteStarted()
    {
        if (!IsOver)
        {
            if (_applicationException is null && !TryVerifyLength(out var mismatch))
            {
                throw mismatch;
            }

            ProduceEnd();
        }

        return Task.CompletedTask;
    }
}
