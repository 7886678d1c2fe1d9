namespace ModHost.Server.Transport;

/// <summary>
/// The web server's side of one exchange (one request and its response), as a transport gives it to the server.
/// </summary>
/// <remarks>
/// <para>There are two transports: function calls in the web server's own process (ModHost.Embedded) and frames on a
/// socket (ModHost.Worker). Nothing above this class knows which one it talks to.</para>
/// <para>Objects are paired with an <see cref="HttpExchange"/> for life and reused from request to request. All
/// members may be called on any thread, one call at a time per exchange, between <see cref="HttpExchange.Begin"/> and
/// <see cref="Release"/>.</para>
/// </remarks>
public abstract class ExchangeTransport
{
    /// <summary>The request head block, already checked. Valid until <see cref="Release"/>.</summary>
    public abstract ReadOnlySpan<byte> Head { get; }

    /// <summary>
    /// Bytes of response that may be under way before <see cref="HttpExchange.Sent"/> must report some as gone.
    /// </summary>
    public abstract int SendWindow { get; }

    /// <summary>The web server's limit on the request body, or <see langword="null"/> for the app's own.</summary>
    public abstract long? MaxRequestBodySize { get; }

    /// <summary>Whether an exception may be shown to the client.</summary>
    public abstract bool DetailedErrors { get; }

    /// <summary>
    /// Room for the response head block, 8-aligned; a larger head is passed from other memory and copied.
    /// </summary>
    public abstract Span<byte> ResponseHead { get; }

    /// <summary>Gets response memory of at least <paramref name="sizeHint"/> bytes (0: the usual 4 KiB).</summary>
    public abstract ResponseBlock RentBlock(int sizeHint);

    /// <summary>Gives back a chain that was not sent.</summary>
    public abstract void ReturnBlocks(ResponseBlock chain);

    /// <summary>
    /// Queues a piece of the response. <see cref="ResponseSend.Blocks"/> pass to the transport whatever the result.
    /// </summary>
    public abstract SendResult Send(in ResponseSend send);

    /// <summary>
    /// The application is about to be called for this request, on this thread. <see langword="false"/>: not any more;
    /// the transport has seen to the request, and <see cref="Release"/> follows without any other call.
    /// </summary>
    /// <param name="wake">Set where the transport left something to be sent that this must be called for soon.</param>
    public virtual bool Enter(out IWake? wake)
    {
        wake = null;
        return true;
    }

    /// <summary>Tells the web server that <paramref name="window"/> more bytes of request body are welcome.</summary>
    public abstract void Read(int window);

    /// <summary>
    /// Ends the exchange without a complete response: 500 where no head was sent, else a broken-off response.
    /// </summary>
    public abstract void Reset(ResetReason reason);

    /// <summary>The last call for this use of the exchange.</summary>
    public abstract void Release();

    /// <summary>
    /// Wakes the loop that takes this exchange's sends, after sends with <see cref="SendFlags.Defer"/>; one object for
    /// all exchanges of a loop. <see langword="null"/>: this transport cannot defer, and ignores that flag.
    /// </summary>
    public virtual IWake? Waker => null;

    /// <summary>
    /// Who numbers the client connections: among requests of one origin a number in the heads stands for one connection
    /// and never for another. What an application may hold of a request is used again for requests of the same
    /// connection only. From <see cref="HttpExchange.Begin"/> to <see cref="Release"/>.
    /// </summary>
    public virtual object Origin => this;
}

/// <summary>Wakes a loop. Any thread; cheap where nothing waits; never blocks.</summary>
public interface IWake
{
    /// <summary>Wakes it if sends were deferred.</summary>
    void Wake();
}

/// <summary>One piece of response memory, owned by a transport.</summary>
public abstract class ResponseBlock
{
    /// <summary>The next block of a chain.</summary>
    public ResponseBlock? Next { get; set; }

    /// <summary>The whole block.</summary>
    public abstract Memory<byte> Memory { get; }

    /// <summary>How many bytes at its start are used.</summary>
    public int Length { get; set; }
}

/// <summary>What <see cref="ExchangeTransport.Send"/> is given.</summary>
public ref struct ResponseSend
{
    /// <summary>What this piece holds.</summary>
    public SendFlags Flags { get; set; }

    /// <summary>
    /// A response head block, with <see cref="SendFlags.Head"/>: either the first bytes of
    /// <see cref="ExchangeTransport.ResponseHead"/>, or other memory, which is copied.
    /// </summary>
    public ReadOnlySpan<byte> Head { get; set; }

    /// <summary>Body bytes, a chain, or <see langword="null"/>.</summary>
    public ResponseBlock? Blocks { get; set; }

    /// <summary>A trailer block, with <see cref="SendFlags.Trailers"/>; copied.</summary>
    public ReadOnlySpan<byte> Trailers { get; set; }

    /// <summary>An open file, with <see cref="SendFlags.File"/>; its descriptor is duplicated.</summary>
    public Microsoft.Win32.SafeHandles.SafeFileHandle? File { get; set; }

    /// <summary>Where in the file to begin.</summary>
    public long FileOffset { get; set; }

    /// <summary>How many bytes of the file.</summary>
    public long FileLength { get; set; }
}

/// <summary>The same bits as MODHOST_SEND_* in abi.h.</summary>
[Flags]
public enum SendFlags
{
    /// <summary>A body piece.</summary>
    None = 0,

    /// <summary>With a response head.</summary>
    Head = 0x01,

    /// <summary>Nothing follows.</summary>
    End = 0x02,

    /// <summary>To the client without delay.</summary>
    Flush = 0x04,

    /// <summary>With trailers; only together with <see cref="End"/>.</summary>
    Trailers = 0x08,

    /// <summary>A file follows the blocks.</summary>
    File = 0x10,

    /// <summary>With a head of status 101: from here on bytes go both ways.</summary>
    Upgrade = 0x20,

    /// <summary>
    /// The caller calls <see cref="ExchangeTransport.Waker"/> soon; the loop need not be woken for this.
    /// </summary>
    Defer = 0x40,
}

/// <summary>The outcome of a send.</summary>
public enum SendResult
{
    /// <summary>Queued.</summary>
    Ok,

    /// <summary>The client is gone: go on as if it had been sent.</summary>
    Detached,

    /// <summary>The web server refused it and has reset the exchange.</summary>
    Refused,
}

/// <summary>Why an exchange ends before its time; the same numbers as MODHOST_RESET_* in abi.h.</summary>
public enum ResetReason
{
    /// <summary>Not reset.</summary>
    None = 0,

    /// <summary>The client is gone.</summary>
    Client = 1,

    /// <summary>The request timeout passed.</summary>
    Timeout = 2,

    /// <summary>The web server does not wait longer.</summary>
    Shutdown = 3,

    /// <summary>The application asked for it, or failed.</summary>
    App = 4,

    /// <summary>The request body broke off, or its framing was wrong.</summary>
    Body = 5,

    /// <summary>The request body passed a limit.</summary>
    TooLarge = 6,
}
