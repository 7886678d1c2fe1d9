using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server.Transport;
using ModHost.Worker.Connections;
using ModHost.Worker.Exchanges;

namespace ModHost.Worker.Channels;

/// <summary>
/// The connection to one web-server process: what it sends, checked against the state of its stream, becomes calls of
/// the managed server. docs/protocol.md has the table of states.
/// </summary>
/// <remarks>
/// Everything here is the loop's, but for what streams do under the gate: they write, end, and wait for room in
/// <see cref="AddWaiting"/>.
/// </remarks>
internal sealed class Channel : FrameConnection
{
    private readonly Worker _worker;
    private readonly StreamTable _streams = new();
    private readonly SharedMemory _begun;
    private readonly Queue<(WorkerExchange Exchange, uint Stream)> _waiting = new();
    private int _open;
    private bool _greeted;
    private bool _drainSent;

    public Channel(Worker worker, Descriptor socket, SharedMemory begun, uint number, uint pid)
        : base(worker.Loop, socket, FrameRoute.ChannelToWorker, takesDescriptors: false)
    {
        _worker = worker;
        _begun = begun;
        Number = number;
        Pid = pid;
    }

    /// <summary>The supervisor's number of it.</summary>
    public uint Number { get; }

    /// <summary>The web-server process.</summary>
    public uint Pid { get; }

    /// <summary>How many streams are open. Any thread.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>
    /// How many streams were open when the channel ended; each of them tells the ledger when it ends.
    /// </summary>
    public int OpenAtEnd { get; private set; }

    /// <summary>The web server has promised that no request follows, or is gone. Loop.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>What the ledger knows of it. Loop.</summary>
    public Loan Loan { get; } = new();

    /// <summary>Says HELLO, and lends the first credits.</summary>
    public void Greet(Hello hello)
    {
        Span<byte> payload = stackalloc byte[Hello.Size];
        hello.Write(payload);
        Send(new FrameHeader(FrameType.Hello), payload);
    }

    /// <summary>Asks for no further request, once. Loop.</summary>
    public void Drain()
    {
        if (!_drainSent)
        {
            _drainSent = true;
            Send(new FrameHeader(FrameType.Drain));
        }
    }

    /// <summary>
    /// Marks a stream as begun. False: the web server has given it to another worker. Under the gate.
    /// </summary>
    public bool MarkBegun(uint stream)
    {
        var slot = FrameLayout.Slot(stream);
        var before = _begun.Load(slot);
        return before != FrameLayout.BegunTaken && _begun.CompareExchange(slot, stream, before) == before;
    }

    /// <summary>A stream has more to send than this turn, or its window, lets it. Under the gate.</summary>
    public void AddWaiting(WorkerExchange exchange, uint stream) => _waiting.Enqueue((exchange, stream));

    /// <summary>A stream has ended: its slot may be used again once that has been sent. Under the gate.</summary>
    public void StreamEnded()
    {
        Interlocked.Decrement(ref _open);
        if (IsClosed)
        {
            Loop.Post(() => _worker.Ledger.StreamEnded(this));
        }

        if (_worker.Drains)
        {
            Loop.Post(_worker.CheckDrained);
        }
    }

    protected override void BeginTurn()
    {
        for (var count = _waiting.Count; count > 0; count--)
        {
            var (exchange, stream) = _waiting.Dequeue();
            exchange.TakeTurn(this, stream);
        }
    }

    protected override void OnHello(in Hello hello)
    {
        if (_greeted || hello.Kind is not (PeerKind.Nginx or PeerKind.Apache))
        {
            Fail(Errors.BadState, $"HELLO of {hello.Kind} on a channel");
            return;
        }

        _greeted = true;
    }

    protected override void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var wrong = header.Type switch
        {
            FrameType.Request => OnRequest(header, payload),
            FrameType.Body => OnBody(header, payload),
            FrameType.Sent => OnSent(header),
            FrameType.Abort => OnAbort(header),
            FrameType.Want => OnWant(header),
            FrameType.Return => OnReturn(header),
            FrameType.Drained => OnDrained(),
            _ => $"{header.Type} is not for a channel",
        };
        if (wrong is not null && !IsClosed)
        {
            Fail(Errors.BadState, wrong);
        }
    }

    protected override void OnClosing() => OpenAtEnd = _open;

    protected override void OnClosed()
    {
        IsDrained = true;
        foreach (var exchange in _streams.Exchanges(this))
        {
            exchange.ChannelClosed();
        }

        _worker.ChannelClosed(this);
    }

    protected override void Report(string tag, string text) =>
        _worker.Log(Worker.LevelOf(tag), $"{tag}: channel {Number} to process {Pid}: {text}");

    private string? OnRequest(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (IsDrained)
        {
            return "REQUEST after DRAINED";
        }

        if (!_streams.TryUse(this, header.Stream))
        {
            return $"REQUEST for stream {header.Stream:x8}: its slot is in use, or another count is next";
        }

        if (!RequestStart.TryRead(payload, out var start))
        {
            return "REQUEST with unknown flags, or a limit out of range";
        }

        var head = payload[RequestStart.Size..];
        if (!RequestHead.TryValidate(head, out var error) || !IsWhole(head))
        {
            Fail(Errors.BadHead, $"a request head is not well formed: {error}");
            return null;
        }

        if (!Loan.Covers(Open + 1))
        {
            return $"more than {Loan.Held} requests at a time: no credit is left";
        }

        Interlocked.Increment(ref _open);
        if (_worker.Rent() is { } exchange)
        {
            _streams.Put(header.Stream, exchange);
            exchange.Begin(this, header.Stream, start, head);
        }
        else
        {
            Interlocked.Decrement(ref _open);
            Send(new FrameHeader(FrameType.Refuse, Stream: header.Stream));
        }

        return null;
    }

    private string? OnBody(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var end = (header.Flags & FrameLayout.BodyEnd) != 0;
        if ((header.Flags & FrameLayout.BodyTrailers) != 0)
        {
            return OnTrailers(header, payload, end);
        }

        return payload.IsEmpty && !end
            ? "BODY without anything in it"
            : Find(header, out var exchange) ?? exchange?.OnBody(payload, end);
    }

    private string? OnTrailers(in FrameHeader header, ReadOnlySpan<byte> head, bool end)
    {
        if (!end || !RequestHead.TryValidate(head, out _) || !IsWhole(head))
        {
            return "BODY with trailers that are not well formed";
        }

        return Find(header, out var exchange) ?? exchange?.OnTrailers(head);
    }

    private string? OnSent(in FrameHeader header) =>
        header.Value is 0 or > int.MaxValue
            ? $"SENT of {header.Value} bytes"
            : Find(header, out var exchange) ?? exchange?.OnSent((int)header.Value);

    private string? OnAbort(in FrameHeader header) =>
        header.Value is < (uint)ResetReason.Client or > (uint)ResetReason.TooLarge
            ? $"ABORT for reason {header.Value}"
            : Find(header, out var exchange) ?? exchange?.OnAbort((ResetReason)header.Value);

    /// <summary>The stream's exchange; none, and no fault: it has ended, and the frame crossed that.</summary>
    private string? Find(in FrameHeader header, out WorkerExchange? exchange) =>
        _streams.TryFind(this, header.Stream, out exchange)
            ? null
            : $"{header.Type} for stream {header.Stream:x8}, which was not the last in its slot";

    private string? OnWant(in FrameHeader header)
    {
        if (!_worker.Ledger.IsLimited)
        {
            return "WANT where credits are not limited";
        }

        _worker.Ledger.Want(this, header.Value);
        _worker.WatchCredits();
        return null;
    }

    private string? OnReturn(in FrameHeader header) =>
        _worker.Ledger.IsLimited && _worker.Ledger.TryReturn(this, header.Value)
            ? null
            : $"RETURN of {header.Value} credits: there are not so many";

    private string? OnDrained()
    {
        if (!_drainSent || IsDrained)
        {
            return "DRAINED without DRAIN, or twice";
        }

        IsDrained = true;
        _worker.CheckDrained();
        return null;
    }

    private static bool IsWhole(ReadOnlySpan<byte> head) =>
        System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(head) == head.Length;
}
