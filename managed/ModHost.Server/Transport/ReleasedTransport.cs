namespace ModHost.Server.Transport;

/// <summary>
/// What an exchange object has between two requests. Whoever comes here holds an exchange that is over.
/// </summary>
internal sealed class ReleasedTransport : ExchangeTransport
{
    public static readonly ReleasedTransport Instance = new();

    private ReleasedTransport()
    {
    }

    public override ReadOnlySpan<byte> Head => throw Over();

    public override int SendWindow => throw Over();

    public override long? MaxRequestBodySize => throw Over();

    public override bool DetailedErrors => throw Over();

    public override Span<byte> ResponseHead => throw Over();

    public override ResponseBlock RentBlock(int sizeHint) => throw Over();

    public override void ReturnBlocks(ResponseBlock chain) => throw Over();

    public override SendResult Send(in ResponseSend send) => throw Over();

    public override void Read(int window) => throw Over();

    public override void Reset(ResetReason reason) => throw Over();

    public override void Release() => throw Over();

    /// <summary>The exception for those who come too late.</summary>
    public static ObjectDisposedException Over() => new("HttpContext", "The request has ended.");
}
