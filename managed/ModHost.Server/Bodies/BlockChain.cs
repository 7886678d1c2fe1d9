using ModHost.Server.Transport;

namespace ModHost.Server.Bodies;

/// <summary>A chain of response blocks, first to last. One thread at a time.</summary>
internal sealed class BlockChain
{
    private const int UsualBlock = 4096;
    private const int LargeBlock = 64 * 1024;

    private ResponseBlock? _first;
    private ResponseBlock? _last;

    /// <summary>Bytes in all blocks.</summary>
    public int Bytes { get; private set; }

    /// <summary>How many blocks there are.</summary>
    public int Count { get; private set; }

    /// <summary>Free memory of at least <paramref name="size"/> bytes behind what is used.</summary>
    public Memory<byte> GetMemory(ExchangeTransport transport, int size)
    {
        var memory = _last is { } last ? last.Memory[last.Length..] : default;
        if (memory.Length >= Math.Max(size, 1))
        {
            return memory;
        }

        var block = transport.RentBlock(size);
        block.Next = null;
        block.Length = 0;
        if (_last is null)
        {
            _first = block;
        }
        else
        {
            _last.Next = block;
        }

        _last = block;
        Count++;
        return block.Memory;
    }

    /// <summary>So many bytes of that memory are used now.</summary>
    public void Advance(int bytes)
    {
        var last = _last ?? throw new InvalidOperationException("Advance was called without GetMemory or GetSpan.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, last.Memory.Length - last.Length);
        last.Length += bytes;
        Bytes += bytes;
    }

    /// <summary>Copies bytes in.</summary>
    public void Write(ExchangeTransport transport, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            // What is left of the last block first; then the usual block, or large ones where there is much.
            var rest = _last is { } last ? last.Memory.Length - last.Length : 0;
            var wanted = rest > 0 || bytes.Length <= UsualBlock ? 0 : Math.Min(bytes.Length, LargeBlock);
            var memory = GetMemory(transport, wanted).Span;
            var length = Math.Min(bytes.Length, memory.Length);
            bytes[..length].CopyTo(memory);
            Advance(length);
            bytes = bytes[length..];
        }
    }

    /// <summary>Takes over another chain, behind this one.</summary>
    public void Take(BlockChain other)
    {
        if (other._first is null || other.Bytes == 0)
        {
            // An empty block stays where it is: the application may still hold its memory.
            return;
        }

        if (_last is null)
        {
            _first = other._first;
        }
        else
        {
            _last.Next = other._first;
        }

        _last = other._last;
        Bytes += other.Bytes;
        Count += other.Count;
        other.Clear();
    }

    /// <summary>Gives the chain away.</summary>
    public ResponseBlock? Detach()
    {
        var first = _first;
        Clear();
        return first;
    }

    /// <summary>Gives the chain back to where its blocks came from.</summary>
    public void Return(ExchangeTransport transport)
    {
        if (Detach() is { } first)
        {
            transport.ReturnBlocks(first);
        }
    }

    private void Clear()
    {
        _first = null;
        _last = null;
        Bytes = 0;
        Count = 0;
    }
}
