using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>One exchange of <see cref="FakeServer"/>, with what the application sent on it.</summary>
/// <remarks>Its native part is found again by its address; the tests keep it alive for the process.</remarks>
internal sealed unsafe class FakeExchange
{
    private const int BlockSize = 4096;

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<nint, FakeExchange> s_all = new();

    private readonly MemoryStream _body = new();
    private bool _released;

    public FakeExchange(uint app)
    {
        Native = FakeNative.NewExchange();
        Native->app = app;
        Native->response_head = (byte*)NativeMemory.AlignedAlloc(BlockSize, 8);
        Native->response_head_capacity = BlockSize;
        Native->send_window = 64 * 1024;
        Native->max_request_body = -1;
        s_all[(nint)Native] = this;
    }

    public modhost_exchange* Native { get; }

    public static int LiveBlocks => FakeNative.LiveBlocks();

    public bool Released => _released |= FakeNative.TakeRelease(Native) != 0;

    public bool Ended { get; private set; }

    public uint ResetReason { get; private set; }

    public int Status { get; private set; }

    public string Body => Encoding.UTF8.GetString(_body.ToArray());

    /// <summary>Begins a use with a GET request.</summary>
    public void Begin(string path, uint flags = 0)
    {
        _released = false;
        Ended = false;
        Status = 0;
        ResetReason = 0;
        _body.SetLength(0);
        Native->head = MakeHead(path);
        Native->flags = flags;
        var exchange = Native;
        FakeServer.Table->exchange_begin(&exchange, 1);
    }

    public void Forget() => FakeServer.Table->exchange_forget(Native);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Send(modhost_exchange* exchange, modhost_send* send)
    {
        var self = s_all[(nint)exchange];
        if ((send->flags & Modhost.MODHOST_SEND_HEAD) != 0)
        {
            self.Status = ((modhost_response_head*)send->head)->status;
        }

        var bytes = 0u;
        for (var block = send->blocks; block is not null; block = block->next)
        {
            self._body.Write(new ReadOnlySpan<byte>(block->data, (int)block->length));
            bytes += block->length;
        }

        FakeNative.FreeBlocks(send->blocks);
        self.Ended |= (send->flags & Modhost.MODHOST_SEND_END) != 0;
        if (!self.Ended && bytes > 0)
        {
            // The client is quick: the bytes have left as soon as the loop looks.
            ThreadPool.UnsafeQueueUserWorkItem(
                static left => FakeServer.Table->exchange_sent(left.Native, left.Bytes), new Left(self.Native, bytes), false);
        }

        return Modhost.MODHOST_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Read(modhost_exchange* exchange, uint window)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Reset(modhost_exchange* exchange, uint reason) => s_all[(nint)exchange].ResetReason = reason;

    // Kept for the process: the application side may read it until its release.
    private static modhost_request_head* MakeHead(string path)
    {
        var text = Encoding.UTF8.GetBytes(path);
        var size = (uint)(sizeof(modhost_request_head) + text.Length);
        var head = (modhost_request_head*)NativeMemory.AllocZeroed(size);
        text.CopyTo(new Span<byte>(head + 1, text.Length));
        var slice = new modhost_slice { offset = (uint)sizeof(modhost_request_head), length = (uint)text.Length };
        head->size = size;
        head->version = (ushort)Modhost.MODHOST_HEAD_VERSION;
        head->fixed_size = (ushort)sizeof(modhost_request_head);
        head->method = Modhost.MODHOST_METHOD_GET;
        head->http_version = 0x0101;
        head->content_length = -1;
        head->connection_id = 1;
        head->request_number = 1;
        head->headers_offset = head->variables_offset = slice.offset;
        head->target = slice;
        head->path = slice;
        return head;
    }

    private sealed class Left(modhost_exchange* native, uint bytes)
    {
        public modhost_exchange* Native { get; } = native;

        public uint Bytes { get; } = bytes;
    }
}
