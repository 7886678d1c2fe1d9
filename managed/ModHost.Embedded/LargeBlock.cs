using ModHost.Server.Transport;

namespace ModHost.Embedded;

/// <summary>
/// A block larger than the web server gives: managed memory, copied when it is sent. For an application that asks its
/// response writer for more than a mebibyte in one piece.
/// </summary>
internal sealed class LargeBlock(int capacity) : ResponseBlock
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);

    public override Memory<byte> Memory => _bytes;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);
}
