using System.Globalization;
using System.Text;

namespace ModHost.Supervisor.Processes;

/// <summary>What /proc says of a process.</summary>
internal static class ProcessFacts
{
    private static readonly byte[] s_buffer = new byte[1024];

    /// <summary>Bytes of the resident set; 0: not known.</summary>
    public static long ResidentBytes(int pid)
    {
        // statm: size, resident, ... in pages.
        var words = Read(pid, "statm").Split(' ');
        return words.Length > 1
            && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pages)
            ? pages * Environment.SystemPageSize : 0;
    }

    /// <summary>Whether a signal has stopped it.</summary>
    public static bool IsSuspended(int pid)
    {
        // stat: pid (name) state ...; the name may hold anything, but nothing after it a parenthesis.
        var text = Read(pid, "stat");
        var state = text.LastIndexOf(')') + 2;
        return state > 2 && state < text.Length && text[state] == 'T';
    }

    private static string Read(int pid, string name)
    {
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}");
            using var file = File.OpenHandle(path);
            return Encoding.UTF8.GetString(s_buffer, 0, RandomAccess.Read(file, s_buffer, 0));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
