using System.Diagnostics;
using System.Numerics;

namespace ModHost.Worker.Exchanges;

/// <summary>
/// How long requests took lately: counts in classes that are a quarter of a power of two wide, so that a figure is right
/// to an eighth. What is old counts for half as much at each look. Any thread.
/// </summary>
internal sealed class RequestTimes
{
    private const int PartBits = 2;
    private const int Parts = 1 << PartBits;
    private const int Classes = 32 * Parts;

    private readonly int[] _counts = new int[Classes];

    /// <param name="began">A time stamp of <see cref="Stopwatch"/>.</param>
    public void Add(long began)
    {
        var microseconds = (Stopwatch.GetTimestamp() - began) * 1_000_000 / Stopwatch.Frequency;
        Interlocked.Increment(ref _counts[ClassOf((uint)Math.Clamp(microseconds, 0, uint.MaxValue))]);
    }

    /// <summary>Median and 99th percentile, in microseconds; 0: there were no requests.</summary>
    public (uint Median, uint Percentile99) TakeLook()
    {
        Span<int> counts = stackalloc int[Classes];
        long all = 0;
        for (var i = 0; i < Classes; i++)
        {
            counts[i] = Volatile.Read(ref _counts[i]);
            all += counts[i];
            Interlocked.Add(ref _counts[i], (counts[i] / 2) - counts[i]);
        }

        return (At(counts, (all + 1) / 2), At(counts, all - (all / 100)));
    }

    /// <summary>The class of a time: its highest bits.</summary>
    internal static int ClassOf(uint microseconds)
    {
        if (microseconds < Parts)
        {
            return (int)microseconds;
        }

        var power = BitOperations.Log2(microseconds);
        return ((power - PartBits + 1) << PartBits) + (int)((microseconds >> (power - PartBits)) & (Parts - 1));
    }

    // The middle of the class in which the one of this rank is.
    private static uint At(ReadOnlySpan<int> counts, long rank)
    {
        long seen = 0;
        for (var i = 0; i < Classes; i++)
        {
            seen += counts[i];
            if (seen >= rank && rank > 0)
            {
                return Middle(i);
            }
        }

        return 0;
    }

    private static uint Middle(int number)
    {
        if (number < Parts)
        {
            return (uint)Math.Max(number, 1);
        }

        var shift = (number >> PartBits) - 1;
        var least = (uint)(Parts + (number & (Parts - 1))) << shift;
        return least + ((1u << shift) / 2);
    }
}
