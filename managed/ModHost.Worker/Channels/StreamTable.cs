using ModHost.Protocol;
using ModHost.Worker.Exchanges;

namespace ModHost.Worker.Channels;

/// <summary>The slots of a channel: how often each was used, and by which exchange last. Loop.</summary>
internal sealed class StreamTable
{
    private Slot[] _slots = new Slot[64];

    /// <summary>Takes a slot into its next use. False: it is in use, or that is not its next use.</summary>
    public bool TryUse(Channel channel, uint stream)
    {
        var number = FrameLayout.Slot(stream);
        if (number >= _slots.Length)
        {
            Array.Resize(ref _slots, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)number + 1));
        }

        ref var slot = ref _slots[number];
        if (FrameLayout.Count(stream) != FrameLayout.NextCount(slot.Count) || IsOpen(channel, number, slot))
        {
            return false;
        }

        slot.Count = (ushort)FrameLayout.Count(stream);
        slot.Exchange = null;
        return true;
    }

    /// <summary>What runs in the slot's present use.</summary>
    public void Put(uint stream, WorkerExchange exchange) => _slots[FrameLayout.Slot(stream)].Exchange = exchange;

    /// <summary>
    /// The exchange of the slot's last use, or none where that has ended. False: it was not the slot's last use.
    /// </summary>
    public bool TryFind(Channel channel, uint stream, out WorkerExchange? exchange)
    {
        exchange = null;
        var number = FrameLayout.Slot(stream);
        if (number >= _slots.Length || _slots[number].Count != FrameLayout.Count(stream))
        {
            return false;
        }

        exchange = _slots[number].Exchange;
        if (exchange is not null && !exchange.IsFor(channel, stream))
        {
            // The object has gone on to another stream.
            exchange = null;
        }

        return true;
    }

    /// <summary>What may still be open.</summary>
    public IEnumerable<WorkerExchange> Exchanges(Channel channel)
    {
        for (var number = 0; number < _slots.Length; number++)
        {
            var slot = _slots[number];
            if (IsOpen(channel, number, slot))
            {
                yield return slot.Exchange!;
            }
        }
    }

    private static bool IsOpen(Channel channel, int number, in Slot slot) =>
        slot.Exchange?.IsFor(channel, FrameLayout.Stream(number, slot.Count)) == true;

    private struct Slot
    {
        public WorkerExchange? Exchange;
        public ushort Count;
    }
}
