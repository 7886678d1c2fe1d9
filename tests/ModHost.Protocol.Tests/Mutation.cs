using System.Buffers.Binary;

namespace ModHost.Protocol.Tests;

/// <summary>Small lies in a block: bits, bytes, and offsets and lengths at and beyond the edges.</summary>
internal static class Mutation
{
    private static readonly uint[] Edges = [0, 1, 7, 8, 39, 40, 167, 168, 255, 256, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

    public static void Apply(Span<byte> block, Random random, int tableStart)
    {
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            switch (random.Next(5))
            {
                case 0:
                    block[random.Next(block.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    block[random.Next(block.Length)] = (byte)random.Next(256);
                    break;
                case 2:
                    var at = 4 * random.Next(Math.Min(block.Length, tableStart + 64) / 4);
                    BinaryPrimitives.WriteUInt32LittleEndian(block[at..], Edges[random.Next(Edges.Length)]);
                    break;
                case 3:
                    var near = 4 * random.Next(tableStart / 4);
                    var value = (uint)(block.Length + random.Next(-9, 9));
                    BinaryPrimitives.WriteUInt32LittleEndian(block[near..], value);
                    break;
                default:
                    // In the text: the block stays well formed more often than not.
                    block[random.Next(tableStart, block.Length)] = (byte)random.Next(256);
                    break;
            }
        }
    }
}
