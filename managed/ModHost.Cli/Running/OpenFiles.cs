using System.Globalization;

namespace ModHost.Cli.Running;

/// <summary>How many files a process that this one starts may open.</summary>
internal static class OpenFiles
{
    private const int Enough = 16384;
    private const int Least = 512;

    /// <summary>Up to what everybody may raise it to; more than enough is not asked for.</summary>
    public static int Limit
    {
        get
        {
            // "Max open files   SOFT   HARD   files"
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(
                text => text.StartsWith("Max open files", StringComparison.Ordinal)) ?? "";
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > 4 && long.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out var hard)
                ? (int)Math.Clamp(hard, Least, Enough) : Enough;
        }
    }
}
