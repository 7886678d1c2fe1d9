using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_request_start: what a REQUEST says before its head block.</summary>
/// <param name="Detail">MODHOST_EXCHANGE_DETAIL: an exception may be shown to the client.</param>
/// <param name="SendWindow">Response bytes that may be under way before SENT.</param>
/// <param name="MaxRequestBody">The web server's limit, or -1: the application's own.</param>
public readonly record struct RequestStart(bool Detail, int SendWindow, long MaxRequestBody)
{
    /// <summary>sizeof(modhost_request_start).</summary>
    public const int Size = 16;

    private const uint DetailFlag = 0x0002;

    /// <summary>Reads one. False: an unknown flag, or a number outside of what is allowed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out RequestStart start)
    {
        source = source[..Size];
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(source);
        start = new RequestStart(
            (flags & DetailFlag) != 0,
            BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]));
        return (flags & ~DetailFlag) == 0
            && start.SendWindow >= FrameLayout.SendWindowMin
            && start.MaxRequestBody >= -1;
    }

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..Size];
        BinaryPrimitives.WriteUInt32LittleEndian(target, Detail ? DetailFlag : 0);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], SendWindow);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], MaxRequestBody);
    }
}
