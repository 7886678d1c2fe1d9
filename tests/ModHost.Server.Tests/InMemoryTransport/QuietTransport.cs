using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>A transport that allocates nothing itself and swallows the response: for measurements.</summary>
public sealed class QuietTransport : ExchangeTransport, IWake
{
    private readonly byte[] _head;
    private readonly byte[] _responseHead = new byte[2048];
    private readonly Block _block = new();

    public QuietTransport(byte[] head) => _head = head;

    public int Released { get; private set; }

    public int BodyBytes { get; private set; }

    public override ReadOnlySpan<byte> Head => _head;

    public override int SendWindow => 65536;

    public override long? MaxRequestBodySize => null;

    public override bool DetailedErrors => false;

    public override Span<byte> ResponseHead => _responseHead;

    public override IWake? Waker => this;

    public override ResponseBlock RentBlock(int sizeHint) => _block;

    public override void ReturnBlocks(ResponseBlock chain)
    {
    }

    public override SendResult Send(in ResponseSend send)
    {
        BodyBytes += send.Blocks?.Length ?? 0;
        return SendResult.Ok;
    }

    public override void Read(int window)
    {
    }

    public override void Reset(ResetReason reason)
    {
    }

    public override void Release() => Released++;

    public void Wake()
    {
    }

    private sealed class Block : ResponseBlock
    {
        private readonly byte[] _bytes = new byte[4096];

        public override Memory<byte> Memory => _bytes;
    }
}
