using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>A response block on the managed heap; its server counts how many are out.</summary>
public sealed class MemoryBlock : ResponseBlock
{
    private readonly MemoryServer _server;
    private readonly byte[] _bytes;

    private MemoryBlock(MemoryServer server, int size) => (_server, _bytes) = (server, new byte[size]);

    public override Memory<byte> Memory => _bytes;

    public static MemoryBlock Rent(MemoryServer server, int size)
    {
        server.CountBlock(+1);
        return new MemoryBlock(server, Math.Max(size, 4096));
    }

    /// <summary>Takes a chain's bytes and gives the chain back.</summary>
    public static void Collect(ResponseBlock? chain, List<byte>? into)
    {
        for (var block = chain; block is not null; block = block.Next)
        {
            into?.AddRange(block.Memory.Span[..block.Length]);
            ((MemoryBlock)block)._server.CountBlock(-1);
        }
    }
}
