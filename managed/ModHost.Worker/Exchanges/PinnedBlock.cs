using ModHost.Server.Transport;

namespace ModHost.Worker.Exchanges;

/// <summary>Response memory: an array that never moves, so that the kernel can take it from where it is.</summary>
internal sealed class PinnedBlock(byte[] array) : ResponseBlock
{
    public byte[] Array { get; } = array;

    public override Memory<byte> Memory => Array;
}
