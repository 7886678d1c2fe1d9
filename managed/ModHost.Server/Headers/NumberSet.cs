using System.Numerics;

namespace ModHost.Server.Headers;

/// <summary>A snapshot of a set of header numbers; enumerates them in order.</summary>
internal struct NumberSet
{
    private ulong _low;
    private ulong _high;

    public NumberSet(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    public int Current { get; private set; }

    public readonly int Count => BitOperations.PopCount(_low) + BitOperations.PopCount(_high);

    public readonly NumberSet GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_low != 0)
        {
            Current = BitOperations.TrailingZeroCount(_low);
            _low &= _low - 1;
            return true;
        }

        if (_high != 0)
        {
            Current = 64 + BitOperations.TrailingZeroCount(_high);
            _high &= _high - 1;
            return true;
        }

        return false;
    }
}
