using System.Text;
using Microsoft.AspNetCore.Http;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>What follows when the application has returned, in Kestrel's order.</summary>
internal abstract partial class Exchange
{
    private Task? _completion;

    /// <summary>What the application failed with.</summary>
    protected Exception? ApplicationException => _applicationException;

    /// <summary>PipeWriter.Complete, which cannot wait: what is left of it is awaited before the end.</summary>
    internal void CompleteFromWriter(Exception? exception)
    {
        var completion = CompleteBody(exception);
        if (!completion.IsCompletedSuccessfully)
        {
            _completion = completion;
        }
    }

    /// <summary>Answers a request that the application must not see. False: there is nothing against it.</summary>
    protected bool Refuse()
    {
        if (_requestHeaders.Begin(_transport, Server.Options.RequestHeaderEncodingSelector))
        {
            return false;
        }

        Log.HeaderRefused(ConnectionId, TraceIdentifier);
        SetErrorResponse(StatusCodes.Status400BadRequest);
        Start();
        SendEnd();
        return true;
    }

    /// <summary>The application has returned without a failure.</summary>
    protected Task CompleteApplicationAsync()
    {
        if (!HasStarted && _applicationException is null && _onStarting is { Count: > 0 })
        {
            return CompleteApplicationAwaited(FireOnStarting());
        }

        VerifyLength();
        return Task.CompletedTask;
    }

    protected void Reject(BadHttpRequestException exception)
    {
        // The client's fault, and so no error of the application.
        Log.BadRequest(ConnectionId, TraceIdentifier, exception.Message, exception);
        _rejection = exception;
        _applicationException ??= exception;
    }

    protected void Fail(Exception exception)
    {
        if (exception is OperationCanceledException or IOException && _aborted)
        {
            Log.RequestAborted(ConnectionId, TraceIdentifier);
        }
        else
        {
            ReportApplicationError(exception);
        }
    }

    /// <summary>The host failed where the application had no part: nothing can be said any more.</summary>
    protected void ReportHostError(Exception exception)
    {
        Log.HostError(ConnectionId, TraceIdentifier, exception);
        Break(ResetReason.App, flush: false);
    }

    /// <summary>Ends the response, runs OnCompleted.</summary>
    protected async Task EndAsync()
    {
        if (_completion is { } completion)
        {
            _completion = null;
            try
            {
                await completion.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                ReportApplicationError(exception);
            }
        }

        _responseWriter?.Close();
        if (!_aborted)
        {
            ProduceEnd();
        }
        else if (!HasStarted)
        {
            // For logs only: nobody will see it.
            _status = StatusCodes.Status499ClientClosedRequest;
        }

        if (_onCompleted is { Count: > 0 } callbacks)
        {
            await FireOnCompleted(callbacks).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the end of the response, or breaks it off where it can no longer be said what is wrong.</summary>
    private void ProduceEnd()
    {
        if (IsOver)
        {
            return;
        }

        if (_applicationException is not null)
        {
            if (HasStarted && !HasLostUpgradedClient)
            {
                Break(ResetReason.App, flush: true);
                return;
            }

            if (!HasStarted)
            {
                PrepareErrorResponse();
            }
        }

        try
        {
            Start();
        }
        catch (InvalidOperationException exception)
        {
            ReportApplicationError(exception);
            PrepareErrorResponse();
            StartError();
        }

        PreventAbort();
        SendEnd();
    }

    // Its end of an upgraded connection is closed. What the application fails with then is mostly that; and nothing is
    // broken off that anybody could still take.
    private bool HasLostUpgradedClient => IsUpgraded && _writerDone;

    private void PrepareErrorResponse()
    {
        var failure = _applicationException;
        SetErrorResponse(_rejection?.StatusCode ?? StatusCodes.Status500InternalServerError);
        if (_rejection is null && failure is not null && _transport.DetailedErrors && !IsHead)
        {
            _responseHeaders.Assign(Protocol.HeaderNumber.ContentType, "text/plain; charset=utf-8");
            lock (_gate)
            {
                Copy(Encoding.UTF8.GetBytes(failure.ToString()));
            }
        }

        StartError();
    }

    private void StartError()
    {
        SettleHeaders();
        HasStarted = true;
        _responseHeaders.SetReadOnly(true);
    }

    private async Task CompleteApplicationAwaited(Task starting)
    {
        await starting.ConfigureAwait(false);
        VerifyLength();
    }

    private void VerifyLength()
    {
        if (!_aborted && !_ended && !TryVerifyLength(out var mismatch))
        {
            ReportApplicationError(mismatch);
        }
    }
}
