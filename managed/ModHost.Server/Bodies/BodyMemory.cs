using System.Buffers;

namespace ModHost.Server.Bodies;

/// <summary>The memory that request bodies wait in, for all exchanges of the process. Any thread.</summary>
/// <remarks>
/// The loop's thread rents and the application's gives back, so what is kept must not be kept by thread, as the shared
/// array pool does: the loop would find nothing there.
/// </remarks>
internal sealed class BodyMemory : MemoryPool<byte>
{
    /// <summary>Bytes of a block: what nginx reads from a client at a time, where nobody has set it.</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>8 MiB.</summary>
    private const int MostKept = 512;

    private readonly Lock _lock = new();
    private Block? _kept;
    private int _keptCount;

    /// <summary>That of the process.</summary>
    public static BodyMemory Instance { get; } = new();

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        lock (_lock)
        {
            if (_kept is { } block)
            {
                _kept = block.Next;
                _keptCount--;
                block.Next = null;
                return block;
            }
        }

        return new Block(this);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            if (_keptCount < MostKept)
            {
                block.Next = _kept;
                _kept = block;
                _keptCount++;
            }
        }
    }

    private sealed class Block(BodyMemory pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize);

        public Block? Next { get; set; }

        /// <summary>A pipe calls it once for each time that it rented the block.</summary>
        public void Dispose() => pool.Return(this);
    }
}
