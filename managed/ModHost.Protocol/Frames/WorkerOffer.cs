using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_worker_offer: a channel to a worker; the group's name follows.</summary>
public readonly ref struct WorkerOffer
{
    /// <summary>sizeof(modhost_worker_offer).</summary>
    public const int Size = 48;

    private const int AffinityAt = 16;

    /// <summary>The worker's id.</summary>
    public uint Worker { get; init; }

    /// <summary>Its process.</summary>
    public uint Pid { get; init; }

    /// <summary>Its index in its group, from 0.</summary>
    public uint Index { get; init; }

    /// <summary>Bytes of the group's name.</summary>
    public int NameLength { get; init; }

    /// <summary>32 hexadecimal digits.</summary>
    public ReadOnlySpan<byte> Affinity { get; init; }

    /// <summary>Reads one; the length is not checked.</summary>
    public static WorkerOffer Read(ReadOnlySpan<byte> source) => new()
    {
        Worker = BinaryPrimitives.ReadUInt32LittleEndian(source),
        Pid = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        Index = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        NameLength = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
        Affinity = source.Slice(AffinityAt, FrameLayout.AffinityLength),
    };

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Worker);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Pid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Index);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], NameLength);
        Affinity[..FrameLayout.AffinityLength].CopyTo(target[AffinityAt..Size]);
    }
}
