using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Spells options that are given in the canonical way (native/core/options.def) as a web server has them.</summary>
internal static partial class Spelling
{
    /// <summary>One option of a text and what is typed after its name.</summary>
    public static IEnumerable<(string Name, string Value)> Of(string text) => text
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(option => option.Split((char[])[' ', '\n'], 2, StringSplitOptions.TrimEntries))
        .Select(parts => (parts[0], parts.Length == 2 ? parts[1] : ""));

    /// <summary><c>modhost_queue_size 2;</c>, one a line.</summary>
    public static string ForNginx(string text) =>
        string.Join('\n', Of(text).Select(option => $"modhost_{option.Name}{Spaced(option.Value)};"));

    /// <summary><c>ModHostQueueSize 2</c>, one a line.</summary>
    public static string ForApache(string text) =>
        string.Join('\n', Of(text).Select(option => ApacheName(option.Name) + Spaced(ApacheValue(option.Name, option.Value))));

    /// <summary>What is typed after ModHostPass, where keys are parted by dashes.</summary>
    public static string ApacheValue(string name, string value) => name is "pass" ? Key().Replace(value, key => key.Value.Replace('_', '-')) : value;

    /// <summary>Whether a line of a configuration has this option, however it is spelled there.</summary>
    public static bool Names(string line, string option) =>
        line.Replace("_", "", StringComparison.Ordinal).Contains("modhost" + option.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private static string ApacheName(string name)
    {
        if (name == "env")
        {
            return "ModHostSetEnv";
        }

        var spelled = new StringBuilder("ModHost");
        foreach (var word in name.Split('_', StringSplitOptions.RemoveEmptyEntries))
        {
            spelled.Append(char.ToUpperInvariant(word[0])).Append(word[1..]);
        }

        return spelled.ToString();
    }

    private static string Spaced(string value) => value.Length == 0 ? "" : " " + value;

    [GeneratedRegex(@"\s[a-z_]+=")]
    private static partial Regex Key();
}
