using ModHost.Abi;
using ModHost.Server.Transport;

namespace ModHost.Embedded;

/// <summary>The blocks of one exchange: objects are kept, native memory comes and goes. One call at a time.</summary>
internal sealed unsafe class BlockPool
{
    /// <summary>What the web server gives at most in one piece (abi.h, <c>block_alloc</c>).</summary>
    private const int LargestNative = 1 << 20;

    // An exchange that once had many blocks under way does not keep their objects for ever.
    private const int MostKept = 32;

    private NativeBlock? _kept;
    private int _keptCount;

    public ResponseBlock Rent(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return sizeHint > LargestNative ? new LargeBlock(sizeHint) : RentNative(sizeHint);
    }

    /// <summary>Turns a chain into the web server's, which the caller then owns; NULL for an empty one.</summary>
    public modhost_block* Detach(ResponseBlock? chain)
    {
        modhost_block* first = null;
        var end = &first;
        while (chain is not null)
        {
            var next = chain.Next;
            chain.Next = null;
            if (chain is NativeBlock native)
            {
                *end = native.Unbind();
                Keep(native);
            }
            else
            {
                *end = Copy(((LargeBlock)chain).Written);
            }

            while (*end is not null)
            {
                end = &(*end)->next;
            }

            chain = next;
        }

        return first;
    }

    private NativeBlock RentNative(int sizeHint)
    {
        var native = Allocate(sizeHint);
        var block = _kept;
        if (block is null)
        {
            block = new NativeBlock();
        }
        else
        {
            _kept = (NativeBlock?)block.Next;
            _keptCount--;
        }

        block.Bind(native);
        return block;
    }

    private void Keep(NativeBlock block)
    {
        if (_keptCount < MostKept)
        {
            block.Next = _kept;
            _kept = block;
            _keptCount++;
        }
    }

    private static modhost_block* Allocate(int size)
    {
        var block = WebServer.AllocateBlock((uint)size);
        return block is not null ? block : throw new InsufficientMemoryException("The web server gave no response memory.");
    }

    private static modhost_block* Copy(ReadOnlySpan<byte> bytes)
    {
        modhost_block* first = null;
        var end = &first;
        while (bytes.Length > 0)
        {
            var block = Allocate(Math.Min(bytes.Length, LargestNative));
            var length = Math.Min(bytes.Length, (int)block->capacity);
            bytes[..length].CopyTo(new Span<byte>(block->data, length));
            block->length = (uint)length;
            block->next = null;
            *end = block;
            end = &block->next;
            bytes = bytes[length..];
        }

        return first;
    }
}
