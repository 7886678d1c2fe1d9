using Microsoft.Win32.SafeHandles;
using ModHost.Protocol;
using ModHost.Server.Headers;
using ModHost.Server.Scheduling;
using ModHost.Server.Transport;

namespace ModHost.Server.Exchanges;

/// <summary>One send: head, blocks, file, trailers, end. Everything here is under the gate.</summary>
internal abstract partial class Exchange
{
    private void SendLocked(SendFlags flags, SafeFileHandle? file = null, long fileOffset = 0, long fileLength = 0)
    {
        _flushWanted = false;
        var send = new ResponseSend { File = file, FileOffset = fileOffset, FileLength = fileLength };
        if (_headSent)
        {
            SendWithTrailers(ref send, flags);
            return;
        }

        var length = ContentLengthToSend(flags, _ready.Bytes);
        var fields = _responseHeaders.FieldCount();
        if (RefusesLocked(fields))
        {
            return;
        }

        var writer = new ResponseHeadWriter(_transport.ResponseHead, fields);
        try
        {
            if (_reason is not null)
            {
                writer.Reason(_reason);
            }

            _responseHeaders.Write(ref writer);
            send.Head = writer.Finish(
                _status, _bodyForbidden || _status < 200 ? ResponseTraits.NoBody : ResponseTraits.None, length);
            SendWithTrailers(ref send, flags | SendFlags.Head | (IsUpgraded ? SendFlags.Upgrade : 0));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>A response that is complete with its head needs no other framing than its length.</summary>
    private long ContentLengthToSend(SendFlags flags, int bytes)
    {
        if (_responseHeaders.ContentLength is { } length)
        {
            return length;
        }

        var complete = (flags & SendFlags.End) != 0 && TrailersToSend is null;
        return complete && MayHaveContentLength && !IsHead && _status != 304 ? bytes : -1;
    }

    private ResponseHeaders? TrailersToSend
    {
        get
        {
            if (_trailersSet is { Count: > 0 } set && !ReferenceEquals(set, _trailers))
            {
                _trailers ??= NewTrailers();
                _trailers.Reset();
                foreach (var (name, value) in set)
                {
                    _trailers[name] = value;
                }
            }

            return _trailers is { Count: > 0 } trailers ? trailers : null;
        }
    }

    private void SendWithTrailers(ref ResponseSend send, SendFlags flags)
    {
        if ((flags & SendFlags.End) == 0 || TrailersToSend is not { } trailers)
        {
            Pass(ref send, flags);
            return;
        }

        var fields = trailers.FieldCount();
        if (RefusesLocked(fields))
        {
            return;
        }

        var writer = new ResponseHeadWriter(default, fields);
        try
        {
            trailers.Write(ref writer);
            send.Trailers = writer.Finish(0, ResponseTraits.None, -1);
            Pass(ref send, flags | SendFlags.Trailers);
        }
        finally
        {
            writer.Dispose();
        }
    }

    // No block has room for so many.
    private bool RefusesLocked(int fields)
    {
        if (fields <= ResponseHeadWriter.MostFields)
        {
            return false;
        }

        Log.TooManyHeaders(ConnectionId, TraceIdentifier, fields, ResponseHeadWriter.MostFields);
        BreakLocked();
        _transport.Reset(ResetReason.App);
        return true;
    }

    private void Pass(ref ResponseSend send, SendFlags flags)
    {
        var loop = DrainLoop.Current;
        var waker = loop is { MayDefer: true } ? _transport.Waker : null;
        send.Flags = waker is null ? flags : flags | SendFlags.Defer;
        _headSent = true;
        _underWay += _ready.Bytes + send.FileLength;
        send.Blocks = _ready.Detach();
        var result = _transport.Send(send);
        if (waker is not null)
        {
            loop!.Defer(waker);
        }

        if (result == SendResult.Ok)
        {
            return;
        }

        BreakLocked();
        if (result == SendResult.Refused)
        {
            Log.SendRefused(ConnectionId, TraceIdentifier);
        }
    }
}
