using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ModHost.Abi;
using ModHost.Server;
using ModHost.Server.Transport;

namespace ModHost.Embedded;

/// <summary>One exchange over function calls in the web server's own process.</summary>
/// <remarks>
/// The native structure and this object are a pair for as long as the structure lives, over many requests: its
/// <c>app_context</c> is a handle of this object, which <see cref="Forget"/> frees.
/// </remarks>
internal sealed unsafe class EmbeddedExchange : ExchangeTransport
{
    private readonly modhost_exchange* _exchange;
    private readonly BlockPool _blocks = new();
    private volatile bool _live;

    private EmbeddedExchange(modhost_exchange* exchange, ModHostServer server)
    {
        _exchange = exchange;
        Http = server.CreateExchange(this);
    }

    /// <summary>The managed server's half.</summary>
    public HttpExchange Http { get; }

    public override ReadOnlySpan<byte> Head
    {
        get
        {
            var head = Live()->head;
            return new ReadOnlySpan<byte>(head, checked((int)head->size));
        }
    }

    public override int SendWindow => (int)Math.Min(Live()->send_window, int.MaxValue);

    public override long? MaxRequestBodySize =>
        Live()->max_request_body is >= 0 and var limit ? limit : null;

    public override bool DetailedErrors => (Live()->flags & Modhost.MODHOST_EXCHANGE_DETAIL) != 0;

    public override IWake? Waker => LoopWake.Instance;

    // One web server, whose numbers are never used again.
    public override object Origin => LoopWake.Instance;

    public override Span<byte> ResponseHead
    {
        get
        {
            var exchange = Live();
            return new Span<byte>(exchange->response_head, checked((int)exchange->response_head_capacity));
        }
    }

    /// <summary>Begins one use of the exchange; resets it where no application can take it. Loop.</summary>
    public static void Begin(modhost_exchange* exchange)
    {
        var self = Of(exchange);
        if (self is null)
        {
            var server = AppRegistry.Find(exchange->app)?.Server;
            if (server is null)
            {
                WebServer.Reset(exchange, Modhost.MODHOST_RESET_APP);
                WebServer.Release(exchange);
                return;
            }

            self = new EmbeddedExchange(exchange, server);
            exchange->app_context = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(self));
        }

        self._live = true;
        self.Http.Begin((exchange->flags & Modhost.MODHOST_EXCHANGE_INLINE) != 0);
    }

    /// <summary>The object of a native exchange, or <see langword="null"/> before its first use.</summary>
    public static EmbeddedExchange? Of(modhost_exchange* exchange) =>
        exchange->app_context is null
            ? null
            : Unsafe.As<EmbeddedExchange>(GCHandle.FromIntPtr((nint)exchange->app_context).Target);

    /// <summary>The native structure goes. Any thread, after the application side's release.</summary>
    public static void Forget(modhost_exchange* exchange)
    {
        if (Of(exchange) is { } self)
        {
            GCHandle.FromIntPtr((nint)exchange->app_context).Free();
            exchange->app_context = null;
            self._live = false;
            self.Http.Forget();
        }
    }

    public override ResponseBlock RentBlock(int sizeHint)
    {
        Live();
        return _blocks.Rent(sizeHint);
    }

    public override void ReturnBlocks(ResponseBlock chain)
    {
        // Allowed after the release: the memory is the process's, not the exchange's.
        var native = _blocks.Detach(chain);
        if (native is not null)
        {
            WebServer.FreeBlocks(native);
        }
    }

    public override SendResult Send(in ResponseSend send)
    {
        var blocks = _blocks.Detach(send.Blocks);
        if (!_live)
        {
            WebServer.FreeBlocks(blocks);
            Live();
        }

        return send.File is null ? Send(send, blocks, -1) : SendFile(send, blocks, send.File);
    }

    public override void Read(int window)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        WebServer.Read(Live(), (uint)window);
    }

    public override void Reset(ResetReason reason) => WebServer.Reset(Live(), (uint)reason);

    public override void Release()
    {
        var exchange = Live();

        // The next use may begin, on another thread, before the call has returned.
        _live = false;
        WebServer.Release(exchange);
    }

    private static SendResult Result(int code) => code switch
    {
        Modhost.MODHOST_OK => SendResult.Ok,
        Modhost.MODHOST_E_DETACHED => SendResult.Detached,
        _ => SendResult.Refused,
    };

    private SendResult Send(in ResponseSend send, modhost_block* blocks, int file)
    {
        fixed (byte* head = send.Head)
        fixed (byte* trailers = send.Trailers)
        {
            var native = new modhost_send
            {
                flags = (uint)send.Flags,
                head_size = (uint)send.Head.Length,
                head = head,
                blocks = blocks,
                trailers = trailers,
                trailers_size = (uint)send.Trailers.Length,
                file = file,
                file_offset = send.FileOffset,
                file_length = send.FileLength,
            };
            return Result(WebServer.Send(_exchange, &native));
        }
    }

    private SendResult SendFile(in ResponseSend send, modhost_block* blocks, SafeFileHandle file)
    {
        var counted = false;
        try
        {
            file.DangerousAddRef(ref counted);
            return Send(send, blocks, (int)file.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            WebServer.FreeBlocks(blocks);
            throw;
        }
        finally
        {
            if (counted)
            {
                file.DangerousRelease();
            }
        }
    }

    private modhost_exchange* Live() =>
        _live ? _exchange : throw new ObjectDisposedException(nameof(EmbeddedExchange), "The exchange was released.");
}
