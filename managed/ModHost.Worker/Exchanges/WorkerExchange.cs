using System.Diagnostics;
using ModHost.Protocol;
using ModHost.Server;
using ModHost.Server.Transport;
using ModHost.Worker.Channels;
using ModHost.Worker.Connections;

namespace ModHost.Worker.Exchanges;

/// <summary>One exchange over frames: a stream of a channel, as the managed server sees it.</summary>
/// <remarks>
/// <para>The object and the server's half are a pair for life, over many streams of many channels. It goes back to its
/// pool when both the stream has ended and the server has released it; only the loop takes it out again, so a frame
/// that the loop is delivering cannot reach another use.</para>
/// <para>The state, windows and what waits to be sent are under the channel's gate. Sending is in
/// WorkerExchange.Send.cs.</para>
/// </remarks>
internal sealed partial class WorkerExchange : ExchangeTransport
{
    private const int UsualHead = 2048;
    private const int LargestHeadKept = 16 * 1024;
    private const int ResponseHeadRoom = 1024;

    private readonly Worker _worker;
    private readonly ExchangePool _pool;
    private readonly byte[] _responseHead = GC.AllocateUninitializedArray<byte>(ResponseHeadRoom);
    private byte[] _head = new byte[UsualHead];
    private int _headLength;
    private Channel _channel = null!;
    private uint _stream;
    private RequestStart _start;
    private volatile State _state;
    private volatile bool _live;
    private bool _begun;
    private bool _released;
    private bool _bodyEnded;
    private int _early;
    private long _granted;
    private long _entered;

    public WorkerExchange(Worker worker, ModHostServer server, ExchangePool pool)
    {
        _worker = worker;
        _pool = pool;
        Http = server.CreateExchange(this);
    }

    private enum State
    {
        /// <summary>No stream, or one that has ended: frames for it crossed its end.</summary>
        Ended,

        Open,

        /// <summary>The web server broke it off, or its channel is gone; the application has not let go.</summary>
        Aborted,
    }

    /// <summary>The managed server's half.</summary>
    public HttpExchange Http { get; }

    public override ReadOnlySpan<byte> Head => _live
        ? _head.AsSpan(0, _headLength)
        : throw new ObjectDisposedException(nameof(WorkerExchange), "The exchange was released.");

    public override int SendWindow => _start.SendWindow;

    public override long? MaxRequestBodySize => _start.MaxRequestBody >= 0 ? _start.MaxRequestBody : null;

    public override bool DetailedErrors => _start.Detail;

    public override Span<byte> ResponseHead => _responseHead;

    public override IWake? Waker => Loop;

    // Each web-server process has its own; two web servers may give the same numbers.
    public override object Origin => _channel;

    private EventLoop Loop => _worker.Loop;

    /// <summary>Whether the stream is open, or aborted and not released. Loop.</summary>
    public bool IsFor(Channel channel, uint stream) =>
        _stream == stream && ReferenceEquals(_channel, channel) && _state != State.Ended;

    /// <summary>A REQUEST, checked; the head is copied. Loop.</summary>
    public void Begin(Channel channel, uint stream, in RequestStart start, ReadOnlySpan<byte> head)
    {
        if (head.Length > _head.Length || (_head.Length > LargestHeadKept && head.Length <= UsualHead))
        {
            _head = GC.AllocateUninitializedArray<byte>(Math.Max(head.Length, UsualHead));
        }

        head.CopyTo(_head);
        _headLength = head.Length;
        _channel = channel;
        _stream = stream;
        _start = start;
        _begun = false;
        _released = false;
        _early = 0;
        _granted = 0;
        _bodyEnded = (new RequestHead(head).Traits & RequestTraits.Body) == 0;
        BeginSending();
        _live = true;
        _state = State.Open;
        _entered = Stopwatch.GetTimestamp();
        _worker.Entered();
        try
        {
            Http.Begin(inline: false);
        }
        catch (Exception exception)
        {
            // Only what is before the application's own code comes here. The object is not used again.
            _worker.LogFault("a request could not be begun", exception);
            _live = false;
            _worker.Left();
            lock (channel.Gate)
            {
                AddReset(ResetReason.App);
            }

            Loop.FlushLater(channel);
            Http.Forget();
        }
    }

    /// <summary>BODY; gives what is wrong with it. Loop.</summary>
    public string? OnBody(ReadOnlySpan<byte> data, bool end)
    {
        if (!TakesBody(out var wrong))
        {
            return wrong;
        }

        if (data.Length > Interlocked.Read(ref _granted))
        {
            return $"BODY of {data.Length} bytes, more than READ granted";
        }

        Interlocked.Add(ref _granted, -data.Length);
        _bodyEnded = end;
        Http.Body(data, end);
        return null;
    }

    /// <summary>BODY with trailers, a checked head block; gives what is wrong with it. Loop.</summary>
    public string? OnTrailers(ReadOnlySpan<byte> head)
    {
        if (!TakesBody(out var wrong))
        {
            return wrong;
        }

        _bodyEnded = true;
        Http.Trailers(head);
        return null;
    }

    /// <summary>Whether a piece of the body may come now.</summary>
    /// <param name="wrong">Where not: why that is a fault of the web server's, or none.</param>
    private bool TakesBody(out string? wrong)
    {
        wrong = null;
        switch (_state)
        {
            case State.Ended:
                return false;
            case State.Aborted:
                wrong = "BODY after ABORT";
                return false;
        }

        if (_bodyEnded)
        {
            // It may just have ended, and what is said of a stream that has ended does not count.
            wrong = _state == State.Ended ? null : "BODY where none is left";
            return false;
        }

        return true;
    }

    /// <summary>SENT; gives what is wrong with it. Loop.</summary>
    public string? OnSent(int bytes)
    {
        lock (_channel.Gate)
        {
            switch (_state)
            {
                case State.Ended:
                    return null;
                case State.Aborted:
                    return "SENT after ABORT";
            }

            if (bytes > _underWay)
            {
                return $"SENT of {bytes} bytes, and {_underWay} are under way";
            }

            _underWay -= bytes;
            if (_first is not null)
            {
                WaitForTurn();
                Loop.FlushLater(_channel);
            }
        }

        Http.Sent(bytes);
        return null;
    }

    /// <summary>ABORT; gives what is wrong with it. Loop.</summary>
    public string? OnAbort(ResetReason reason)
    {
        if (_state == State.Aborted)
        {
            return "ABORT twice";
        }

        Break(reason);
        return null;
    }

    /// <summary>The channel has ended, and with it the stream for the web server. Loop.</summary>
    public void ChannelClosed() => Break(ResetReason.Client);

    public override bool Enter(out IWake? wake)
    {
        wake = null;
        lock (_channel.Gate)
        {
            if (_state == State.Open)
            {
                _begun = !_worker.Refuses && _channel.MarkBegun(_stream);
                if (!_begun)
                {
                    Refuse();
                }
                else if (_early > 0)
                {
                    WriteRead(_early);
                    Loop.FlushLater(_channel);
                    wake = Loop;
                }
            }
        }

        if (_begun)
        {
            _worker.Begun();
        }
        else
        {
            _channel.Flush();
        }

        return _begun;
    }

    public override void Read(int window)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        lock (_channel.Gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            if (!_begun)
            {
                // The web server may give a request that was not begun to another worker, but not a body.
                _early += window;
                return;
            }

            WriteRead(window);
        }

        _channel.Flush();
    }

    public override void Reset(ResetReason reason)
    {
        lock (_channel.Gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            if (!_begun)
            {
                Refuse();
            }
            else
            {
                if (reason == ResetReason.Shutdown)
                {
                    DropPending();
                }

                AddReset(reason);
            }
        }

        _channel.Flush();
    }

    public override void Release()
    {
        var channel = _channel;
        bool over;
        bool said;
        long entered;
        lock (channel.Gate)
        {
            _live = false;
            said = _state != State.Ended;
            if (_state == State.Open && _first is null)
            {
                AddReset(ResetReason.App);
            }
            else if (_state == State.Aborted)
            {
                EndAborted();
            }

            _released = true;
            over = _state == State.Ended;
            entered = _begun && !_upgraded ? _entered : 0;
        }

        if (entered != 0)
        {
            _worker.Times.Add(entered);
        }

        _worker.Left();
        if (said)
        {
            channel.Flush();
        }

        if (over)
        {
            _pool.Return(this);
        }
    }

    /// <summary>The web server takes no more of it. Loop.</summary>
    private void Break(ResetReason reason)
    {
        var over = false;
        lock (_channel.Gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            _state = State.Aborted;
            DropPending();
            if (_released)
            {
                EndAborted();
                over = true;
            }
        }

        if (over)
        {
            Loop.FlushLater(_channel);
            _pool.Return(this);
        }
        else
        {
            Http.Abort(reason);
        }
    }

    // Under the gate, as all below.
    private void EndAborted()
    {
        if (!_channel.IsClosed)
        {
            _channel.Out.Write(new FrameHeader(FrameType.Release, Stream: _stream));
        }

        End();
    }

    private void Refuse()
    {
        _channel.Out.Write(new FrameHeader(FrameType.Refuse, Stream: _stream));
        End();
    }

    private void WriteRead(int window)
    {
        Interlocked.Add(ref _granted, window);
        _channel.Out.Write(new FrameHeader(FrameType.Read, Stream: _stream, Value: (uint)window));
    }

    private void End()
    {
        _state = State.Ended;
        _channel.StreamEnded();
    }
}
