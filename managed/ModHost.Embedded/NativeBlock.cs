using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using ModHost.Abi;
using ModHost.Server.Transport;

namespace ModHost.Embedded;

/// <summary>
/// Response memory of the web server, as a block of the managed server. The object is bound to native memory while it
/// is rented, and refuses every access once that has been sent or given back.
/// </summary>
/// <remarks>Objects belong to one <see cref="EmbeddedExchange"/> and are reused by it.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The manager owns nothing: native memory goes by Unbind.")]
internal sealed unsafe class NativeBlock : ResponseBlock
{
    private readonly Manager _manager = new();
    private Memory<byte> _memory;

    public override Memory<byte> Memory => _memory;

    public void Bind(modhost_block* block)
    {
        _manager.Block = block;
        _memory = _manager.Memory;
        Length = 0;
        Next = null;
    }

    /// <summary>Gives up the native block, with <see cref="ResponseBlock.Length"/> written to it.</summary>
    public modhost_block* Unbind()
    {
        var block = _manager.Block;
        if (block is null)
        {
            throw new ObjectDisposedException(nameof(ResponseBlock), "This block was sent or given back before.");
        }

        block->length = Math.Min((uint)Length, block->capacity);
        block->next = null;
        _manager.Block = null;
        _memory = default;
        return block;
    }

    private sealed class Manager : MemoryManager<byte>
    {
        public modhost_block* Block;

        public override Span<byte> GetSpan() => new(Live()->data, (int)Block->capacity);

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            var block = Live();
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, block->capacity, nameof(elementIndex));
            return new MemoryHandle(block->data + elementIndex);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }

        private modhost_block* Live()
        {
            var block = Block;
            return block is not null
                ? block
                : throw new ObjectDisposedException(nameof(ResponseBlock), "This memory was sent or given back before.");
        }
    }
}
