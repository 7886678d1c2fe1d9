namespace ModHost.Worker.Exchanges;

/// <summary>
/// Response memory of the process, in two sizes; what is larger is made for its use alone. Any thread.
/// </summary>
internal static class BlockPool
{
    /// <summary>What an answer of the usual size needs.</summary>
    public const int SmallSize = 4096;

    /// <summary>The longest piece of a body.</summary>
    public const int LargeSize = 64 * 1024;

    private static readonly Shelf s_small = new(SmallSize, most: 1024);
    private static readonly Shelf s_large = new(LargeSize, most: 256);

    public static PinnedBlock Rent(int size)
    {
        if (size <= SmallSize)
        {
            return s_small.Rent();
        }

        return size <= LargeSize
            ? s_large.Rent()
            : new PinnedBlock(GC.AllocateUninitializedArray<byte>(size, pinned: true));
    }

    public static void Return(PinnedBlock block)
    {
        switch (block.Array.Length)
        {
            case SmallSize:
                s_small.Return(block);
                break;
            case LargeSize:
                s_large.Return(block);
                break;
        }
    }

    /// <summary>Blocks of one size; those beyond the most are left to the garbage collector.</summary>
    private sealed class Shelf(int size, int most)
    {
        private readonly Lock _gate = new();
        private PinnedBlock? _first;
        private int _count;

        public PinnedBlock Rent()
        {
            lock (_gate)
            {
                if (_first is { } block)
                {
                    _first = (PinnedBlock?)block.Next;
                    _count--;
                    block.Next = null;
                    block.Length = 0;
                    return block;
                }
            }

            return new PinnedBlock(GC.AllocateUninitializedArray<byte>(size, pinned: true));
        }

        public void Return(PinnedBlock block)
        {
            lock (_gate)
            {
                if (_count < most)
                {
                    block.Next = _first;
                    _first = block;
                    _count++;
                }
            }
        }
    }
}
