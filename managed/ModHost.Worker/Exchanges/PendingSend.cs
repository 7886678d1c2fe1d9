using ModHost.Posix;
using ModHost.Server.Transport;

namespace ModHost.Worker.Exchanges;

/// <summary>
/// A piece of a response that could not leave at once: window or quantum did not let it. Under the gate.
/// </summary>
internal sealed class PendingSend
{
    public SendFlags Flags { get; set; }

    /// <summary>A copy, or none; none once it was sent.</summary>
    public byte[]? Head { get; set; }

    /// <summary>What is left of the body.</summary>
    public PinnedBlock? Blocks { get; set; }

    /// <summary>Bytes of the first block that have been sent.</summary>
    public int Offset { get; set; }

    /// <summary>A duplicate, or none; none once it was sent.</summary>
    public Descriptor? File { get; set; }

    public long FileOffset { get; set; }

    public long FileLength { get; set; }

    public byte[]? Trailers { get; set; }

    /// <summary>Not a piece but the end: the stream is broken off here.</summary>
    public ResetReason Reset { get; set; }

    public PendingSend? Next { get; set; }

    /// <summary>Gives back what it holds.</summary>
    public void Drop()
    {
        File?.Dispose();
        File = null;
        for (var block = Blocks; block is not null;)
        {
            var next = (PinnedBlock?)block.Next;
            BlockPool.Return(block);
            block = next;
        }

        Blocks = null;
    }
}
