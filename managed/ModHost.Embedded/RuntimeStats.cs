using ModHost.Abi;

namespace ModHost.Embedded;

/// <summary>Counters of this runtime, for the status page.</summary>
internal static unsafe class RuntimeStats
{
    /// <summary>Writes as many bytes as the caller has room for, and says how many in <c>size</c>.</summary>
    public static void Fill(modhost_runtime_stats* stats)
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any);
        var all = new modhost_runtime_stats
        {
            pool_threads = (uint)ThreadPool.ThreadCount,
            // Not known before the first collection.
            heap_bytes = (ulong)(memory.HeapSizeBytes > 0 ? memory.HeapSizeBytes : GC.GetTotalMemory(false)),
            committed_bytes = (ulong)memory.TotalCommittedBytes,
            allocated_bytes = (ulong)GC.GetTotalAllocatedBytes(precise: false),
            pool_queue = (ulong)ThreadPool.PendingWorkItemCount,
        };
        for (var generation = 0; generation < 3; generation++)
        {
            all.collections[generation] = (ulong)GC.CollectionCount(generation);
        }

        all.size = Math.Min(stats->size, (uint)sizeof(modhost_runtime_stats));
        Buffer.MemoryCopy(&all, stats, stats->size, all.size);
    }
}
