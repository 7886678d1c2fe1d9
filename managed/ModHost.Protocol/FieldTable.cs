using System.Text;

namespace ModHost.Protocol;

/// <summary>Known headers: from a name to its number and back.</summary>
public static class FieldTable
{
    // Open addressing; twice the power of two above the entries, so that nearly every look-up is one comparison.
    private const int Slots = 256;

    private static readonly string[] Canonical = CanonicalNames.ByNumber;
    private static readonly byte[] Index = BuildIndex();
    private static readonly byte[][] CanonicalBytes = Array.ConvertAll(Canonical, Encoding.ASCII.GetBytes);

    /// <summary>The canonical name; empty where <paramref name="number"/> is no header's.</summary>
    public static string Name(int number) => (uint)number < HeaderNumber.Count ? Canonical[number] : "";

    /// <summary>The canonical name in ASCII; empty where <paramref name="number"/> is no header's.</summary>
    public static ReadOnlySpan<byte> NameBytes(int number) =>
        (uint)number < HeaderNumber.Count ? CanonicalBytes[number] : default;

    /// <summary>The number of a name in any case, or 0.</summary>
    public static int Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            return 0;
        }

        var slot = Hash(name.Length, name[0], name[^1], name[name.Length / 2]);
        for (int number; (number = Index[slot]) != 0; slot = (slot + 1) & (Slots - 1))
        {
            var candidate = Canonical[number];
            if (ReferenceEquals(candidate, name) || candidate.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return number;
            }
        }

        return 0;
    }

    /// <summary>The number of an ASCII name in any case, or 0.</summary>
    public static int Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return 0;
        }

        var slot = Hash(name.Length, (char)name[0], (char)name[^1], (char)name[name.Length / 2]);
        for (int number; (number = Index[slot]) != 0; slot = (slot + 1) & (Slots - 1))
        {
            if (Ascii.EqualsIgnoreCase(name, CanonicalBytes[number]))
            {
                return number;
            }
        }

        return 0;
    }

    private static int Hash(int length, char first, char last, char middle) =>
        ((length * 29) + ((first | 0x20) * 7) + ((last | 0x20) * 3) + ((middle | 0x20) * 13)) & (Slots - 1);

    private static byte[] BuildIndex()
    {
        var index = new byte[Slots];
        for (var number = 1; number < Canonical.Length; number++)
        {
            var name = Canonical[number];
            var slot = Hash(name.Length, name[0], name[^1], name[name.Length / 2]);
            while (index[slot] != 0)
            {
                slot = (slot + 1) & (Slots - 1);
            }

            index[slot] = (byte)number;
        }

        return index;
    }
}
