using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>A response block on the managed heap; counts how many are out.</summary>
public sealed class MemoryBlock : ResponseBlock
{
    private static int _out;
    private readonly byte[] _bytes;

    private MemoryBlock(int size) => _bytes = new byte[size];

    /// <summary>Blocks that are neither sent nor given back.</summary>
    public static int Outstanding => Volatile.Read(ref _out);

    public override Memory<byte> Memory => _bytes;

    public static MemoryBlock Rent(int size)
    {
        Interlocked.Increment(ref _out);
        return new MemoryBlock(Math.Max(size, 4096));
    }

    /// <summary>Takes a chain's bytes and gives the chain back.</summary>
    public static void Collect(ResponseBlock? chain, List<byte>? into)
    {
        for (var block = chain; block is not null; block = block.Next)
        {
            into?.AddRange(block.Memory.Span[..block.Length]);
            Interlocked.Decrement(ref _out);
        }
    }
}
