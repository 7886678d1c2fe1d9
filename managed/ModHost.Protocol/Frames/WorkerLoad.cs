using System.Buffers.Binary;

namespace ModHost.Protocol;

/// <summary>modhost_worker_load: how a worker is, with each ALIVE.</summary>
/// <param name="InFlight">Requests and upgraded connections.</param>
/// <param name="PoolThreads">Threads of the thread pool.</param>
/// <param name="Requests">Begun since the start.</param>
/// <param name="HeapBytes">The garbage collector's heap.</param>
/// <param name="CommittedBytes">What it has committed.</param>
/// <param name="AllocatedBytes">Since the start.</param>
/// <param name="PoolQueue">Work items that wait.</param>
/// <param name="Collections0">Collections of generation 0.</param>
/// <param name="Collections1">Of generation 1.</param>
/// <param name="Collections2">Of generation 2.</param>
/// <param name="MedianMicroseconds">Of the requests of the last few heartbeats; 0: there were none.</param>
/// <param name="Percentile99Microseconds">Of the same: 99 of 100 took no longer.</param>
public readonly record struct WorkerLoad(
    uint InFlight, uint PoolThreads, ulong Requests, ulong HeapBytes, ulong CommittedBytes, ulong AllocatedBytes,
    ulong PoolQueue, ulong Collections0, ulong Collections1, ulong Collections2, uint MedianMicroseconds,
    uint Percentile99Microseconds)
{
    /// <summary>sizeof(modhost_worker_load).</summary>
    public const int Size = 80;

    /// <summary>Reads one.</summary>
    public static WorkerLoad Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        return new WorkerLoad(
            BinaryPrimitives.ReadUInt32LittleEndian(source),
            BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[64..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[72..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[76..]));
    }

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..Size];
        BinaryPrimitives.WriteUInt32LittleEndian(target, InFlight);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], PoolThreads);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Requests);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], HeapBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], CommittedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], AllocatedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[40..], PoolQueue);
        BinaryPrimitives.WriteUInt64LittleEndian(target[48..], Collections0);
        BinaryPrimitives.WriteUInt64LittleEndian(target[56..], Collections1);
        BinaryPrimitives.WriteUInt64LittleEndian(target[64..], Collections2);
        BinaryPrimitives.WriteUInt32LittleEndian(target[72..], MedianMicroseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(target[76..], Percentile99Microseconds);
    }
}
