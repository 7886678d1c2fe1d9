using System.Text;
using ModHost.Protocol;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>One request in memory: the transport's side, and what a test sees of the response.</summary>
public sealed class MemoryExchange : ExchangeTransport
{
    private readonly MemoryServer _server;
    private readonly Lock _lock = new();
    private readonly List<SentPiece> _pieces = [];
    private readonly byte[] _responseHead;
    private readonly List<byte> _body = [];
    private byte[] _head = [];
    private byte[] _upload = [];
    private int _uploaded;
    private bool _uploadEnds;
    private TaskCompletionSource _changed = NewSource();

    public MemoryExchange(MemoryServer server)
    {
        _server = server;
        _responseHead = new byte[server.ResponseHeadRoom];
        Http = server.Server.CreateExchange(this);
    }

    public HttpExchange Http { get; }

    public override ReadOnlySpan<byte> Head =>
        Released == 0 ? _head : throw new ObjectDisposedException(nameof(MemoryExchange));

    public override int SendWindow => _server.SendWindow;

    public override long? MaxRequestBodySize => Limit;

    public override bool DetailedErrors => _server.DetailedErrors;

    public override Span<byte> ResponseHead => _responseHead;

    public override IWake? Waker => _server.Defers ? _server.Loop : null;

    public override object Origin => From ?? _server;

    /// <summary>Another web server than the usual one.</summary>
    public object? From { get; set; }

    public long? Limit { get; set; }

    /// <summary>Sent bytes are reported to the server at once.</summary>
    public bool ReportsSent { get; set; } = true;

    /// <summary>Every send is answered so.</summary>
    public SendResult Answer { get; set; } = SendResult.Ok;

    public IReadOnlyList<SentPiece> Pieces
    {
        get
        {
            lock (_lock)
            {
                return [.. _pieces];
            }
        }
    }

    public long Granted { get; private set; }

    public int Grants { get; private set; }

    /// <summary>Pieces that had been sent when the application first asked for the body.</summary>
    public int SentBeforeGrant { get; private set; }

    public ResetReason WasReset { get; private set; }

    public int Released { get; private set; }

    public bool Ended => Pieces.Any(piece => piece.IsEnd);

    public string Violation { get; private set; } = "";

    public byte[] BodyBytes
    {
        get
        {
            lock (_lock)
            {
                return [.. _body];
            }
        }
    }

    public string Body => Encoding.UTF8.GetString(BodyBytes);

    public int Status => ResponseHeadBlock is { Length: > 0 } block ? new ResponseHead(block).Status : 0;

    public long ContentLength => new ResponseHead(ResponseHeadBlock).ContentLength;

    public byte[] ResponseHeadBlock => Pieces.FirstOrDefault(piece => (piece.Flags & SendFlags.Head) != 0)?.Head ?? [];

    public Dictionary<string, string> Headers => Fields(ResponseHeadBlock);

    public Dictionary<string, string> Trailers => Fields(Pieces.LastOrDefault()?.Trailers ?? []);

    /// <summary>Makes the object ready for a request; the test begins it itself, on the loop.</summary>
    public MemoryExchange Prepare(RequestBlock request, byte[]? body = null, bool ends = true)
    {
        _head = request.Encode();
        _upload = body ?? [];
        _uploadEnds = ends;
        Released = 0;
        WasReset = ResetReason.None;
        Granted = 0;
        Grants = 0;
        SentBeforeGrant = 0;
        _uploaded = 0;
        _pieces.Clear();
        _body.Clear();
        return this;
    }

    /// <summary>Begins a request, in a turn of the loop of its own.</summary>
    public MemoryExchange Begin(RequestBlock request, byte[]? body = null, bool ends = true, bool inline = false)
    {
        Prepare(request, body, ends);
        _server.Loop.Run(() =>
        {
            Http.Begin(inline);
            ModHostServer.Flush();
        });
        return this;
    }

    /// <summary>More of the request body arrives from the client.</summary>
    public void Upload(byte[] more, bool ends)
    {
        lock (_lock)
        {
            _upload = [.. _upload, .. more];
            _uploadEnds = ends;
        }

        _server.Loop.Post(Feed);
    }

    /// <summary>The end of the request body arrives, with the headers of this block as its trailers.</summary>
    public void UploadTrailers(RequestBlock trailers)
    {
        var block = trailers.Encode();
        _server.Loop.Run(() => Http.Trailers(block));
    }

    public void Abort(ResetReason reason) => _server.Loop.Run(() => Http.Abort(reason));

    public void ReportSent(int bytes) => _server.Loop.Run(() => Http.Sent(bytes));

    /// <summary>Waits for a condition; it is looked at whenever something happens here.</summary>
    public async Task<MemoryExchange> Until(Func<MemoryExchange, bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return this;
            }

            await Task.WhenAny(changed, Task.Delay(20, timeout.Token));
            timeout.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits until the server has released the exchange.</summary>
    public async Task<MemoryExchange> Completion()
    {
        await Until(exchange => exchange.Released > 0);
        Assert.Equal("", Violation);
        Assert.Equal(1, Released);
        return this;
    }

    public override ResponseBlock RentBlock(int sizeHint) => MemoryBlock.Rent(_server, sizeHint);

    public override void ReturnBlocks(ResponseBlock chain) => MemoryBlock.Collect(chain, null);

    public override SendResult Send(in ResponseSend send)
    {
        var body = new List<byte>();
        MemoryBlock.Collect(send.Blocks, body);
        var head = send.Head.ToArray();
        var trailers = send.Trailers.ToArray();
        Check(send.Flags, head, trailers);
        if (Answer != SendResult.Ok)
        {
            return Answer;
        }

        var file = send.File is { } handle ? File.ReadAllText(FileName(handle)) : null;
        lock (_lock)
        {
            _pieces.Add(new SentPiece(send.Flags, head, [.. body], trailers, file, send.FileOffset, send.FileLength));
            _body.AddRange(body);
            if (file is not null)
            {
                _body.AddRange(Encoding.UTF8.GetBytes(file).AsSpan((int)send.FileOffset, (int)send.FileLength));
            }
        }

        var bytes = body.Count + (int)send.FileLength;
        Dispatch(send.Flags, () =>
        {
            Change();
            if (bytes > 0 && ReportsSent)
            {
                Http.Sent(bytes);
            }
        });
        return SendResult.Ok;
    }

    public override void Read(int window)
    {
        CheckLive("Read");
        lock (_lock)
        {
            Granted += window;
            SentBeforeGrant = Grants++ == 0 ? _pieces.Count : SentBeforeGrant;
        }

        _server.Loop.Post(Feed);
    }

    public override void Reset(ResetReason reason)
    {
        CheckLive("Reset");
        WasReset = reason;
        Change();
    }

    public override void Release()
    {
        CheckLive("Release");
        Released++;
        Change();
    }

    private static Dictionary<string, string> Fields(byte[] block)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (block.Length == 0)
        {
            return fields;
        }

        var head = new ResponseHead(block);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            var name = Encoding.ASCII.GetString(field.Name);
            var value = Encoding.UTF8.GetString(field.Value);
            fields[name] = fields.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
        }

        return fields;
    }

    private static string FileName(Microsoft.Win32.SafeHandles.SafeFileHandle handle) =>
        File.ResolveLinkTarget($"/proc/self/fd/{handle.DangerousGetHandle()}", returnFinalTarget: true)!.FullName;

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Feed()
    {
        while (Released == 0)
        {
            byte[] part;
            bool end;
            lock (_lock)
            {
                var length = (int)Math.Min(Math.Min(_upload.Length - _uploaded, Granted - _uploaded), 8192);
                part = _upload[_uploaded..(_uploaded + length)];
                _uploaded += length;
                end = _uploadEnds && _uploaded == _upload.Length && (length > 0 || _upload.Length == 0);
            }

            if (part.Length == 0 && !end)
            {
                return;
            }

            Http.Body(part, end);
            if (end)
            {
                return;
            }
        }
    }

    private void Dispatch(SendFlags flags, Action action)
    {
        if ((flags & SendFlags.Defer) != 0)
        {
            _server.Loop.Defer(action);
        }
        else
        {
            _server.Loop.Post(action);
        }
    }

    private void Check(SendFlags flags, byte[] head, byte[] trailers)
    {
        CheckLive("Send");
        var hasHead = (flags & SendFlags.Head) != 0;
        if (hasHead != head.Length > 0 || (hasHead && !ModHost.Protocol.ResponseHead.TryValidate(head, out _)))
        {
            Violation += "bad head;";
        }

        var hasTrailers = (flags & SendFlags.Trailers) != 0;
        if (hasTrailers != trailers.Length > 0
            || (hasTrailers && !ModHost.Protocol.ResponseHead.TryValidate(trailers, out _)))
        {
            Violation += "bad trailers;";
        }

        lock (_lock)
        {
            if (_pieces.Count > 0 && _pieces[^1].IsEnd)
            {
                Violation += "send after end;";
            }

            if (hasHead == _pieces.Count > 0)
            {
                Violation += "head is missing or twice;";
            }
        }
    }

    private void CheckLive(string call)
    {
        if (Released > 0)
        {
            Violation += $"{call} after release;";
        }
    }

    private void Change()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = NewSource();
        }

        changed.SetResult();
    }
}
