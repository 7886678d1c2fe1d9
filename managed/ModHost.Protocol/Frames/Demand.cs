using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_demand: requests of one web-server process that wait for a group; its name follows.</summary>
/// <param name="Waiting">How many.</param>
/// <param name="Oldest">Milliseconds that the oldest has waited.</param>
public readonly record struct Demand(uint Waiting, uint Oldest)
{
    /// <summary>sizeof(modhost_demand).</summary>
    public const int Size = 8;

    /// <summary>Reads one.</summary>
    public static Demand Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source), BinaryPrimitives.ReadUInt32LittleEndian(source[4..]));

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Waiting);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Oldest);
    }
}
