using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>What one send carried.</summary>
public sealed record SentPiece(
    SendFlags Flags, byte[] Head, byte[] Body, byte[] Trailers, string? File, long FileOffset, long FileLength)
{
    public bool IsEnd => (Flags & SendFlags.End) != 0;
}
