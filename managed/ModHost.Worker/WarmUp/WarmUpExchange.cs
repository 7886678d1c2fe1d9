using ModHost.Protocol;
using ModHost.Server;
using ModHost.Server.Transport;
using ModHost.Worker.Exchanges;

namespace ModHost.Worker.WarmUp;

/// <summary>
/// A request that the worker makes of its own application, so that the first client need not wait for what is loaded
/// and compiled then. Of the answer only the status counts.
/// </summary>
internal sealed class WarmUpExchange : ExchangeTransport
{
    private readonly Action<int> _done;
    private readonly byte[] _head;
    private readonly byte[] _responseHead = new byte[1024];
    private readonly HttpExchange _http;
    private int _status;

    private WarmUpExchange(ModHostServer server, byte[] head, Action<int> done)
    {
        _head = head;
        _done = done;
        _http = server.CreateExchange(this);
    }

    public override ReadOnlySpan<byte> Head => _head;

    public override int SendWindow => int.MaxValue;

    public override long? MaxRequestBodySize => null;

    public override bool DetailedErrors => false;

    public override Span<byte> ResponseHead => _responseHead;

    /// <summary>Queues the request; <paramref name="done"/> is told the status, or 0 where there was none.</summary>
    public static void Begin(
        ModHostServer server, string target, IReadOnlyList<string> addresses, Action<int> done)
    {
        var host = addresses.Count > 0 && Uri.TryCreate(addresses[0], UriKind.Absolute, out var uri)
            && uri.Host is not ("0.0.0.0" or "[::]" or "*")
                ? uri.Authority
                : "localhost";
        var exchange = new WarmUpExchange(server, RequestHeadWriter.Get(target, host), done);
        exchange._http.Begin(inline: false);
        ModHostServer.Flush();
    }

    public override ResponseBlock RentBlock(int sizeHint) => BlockPool.Rent(sizeHint);

    public override void ReturnBlocks(ResponseBlock chain)
    {
        for (var block = (PinnedBlock?)chain; block is not null;)
        {
            var next = (PinnedBlock?)block.Next;
            BlockPool.Return(block);
            block = next;
        }
    }

    public override SendResult Send(in ResponseSend send)
    {
        if ((send.Flags & SendFlags.Head) != 0 && new ResponseHead(send.Head).Status is >= 200 and var status)
        {
            _status = status;
        }

        if (send.Blocks is { } blocks)
        {
            ReturnBlocks(blocks);
        }

        return SendResult.Ok;
    }

    public override void Read(int window)
    {
    }

    public override void Reset(ResetReason reason) => _status = 0;

    public override void Release()
    {
        _done(_status);
        _http.Forget();
    }
}
