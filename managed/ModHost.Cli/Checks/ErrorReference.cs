using System.Text.RegularExpressions;

namespace ModHost.Cli.Checks;

/// <summary>What docs/errors.md says is to be done about each tag; the page is part of this program.</summary>
internal static partial class ErrorReference
{
    private const string Page = "errors.md";

    private static readonly Lazy<Dictionary<string, string>> s_remedies = new(Read);

    /// <summary>Every tag of the page.</summary>
    public static IReadOnlyCollection<string> Tags => s_remedies.Value.Keys;

    /// <summary>In nginx's words; null: the page does not have the tag.</summary>
    public static string? Remedy(string tag) => s_remedies.Value.GetValueOrDefault(tag);

    // | MH0304, MH0305 | cause | … | what to do |
    private static Dictionary<string, string> Read()
    {
        using var page = typeof(ErrorReference).Assembly.GetManifestResourceStream(Page)!;
        using var reader = new StreamReader(page);
        var remedies = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("| MH", StringComparison.Ordinal))
            {
                var cells = line.Split(" | ", StringSplitOptions.TrimEntries);
                foreach (Match tag in Tag().Matches(cells[0]))
                {
                    remedies.TryAdd(tag.Value, Plain(cells[^1].TrimEnd('|', ' ')));
                }
            }
        }

        return remedies;
    }

    private static string Plain(string markdown) => Link().Replace(markdown, Named).Replace("`", "", StringComparison.Ordinal);

    // Where there are no links, the page is named: "its keys (docs/directives.md)".
    private static string Named(Match link)
    {
        var (text, target) = (link.Groups[1].Value, link.Groups[2].Value.Split('#')[0]);
        return target.Contains("://", StringComparison.Ordinal) ? $"{text} ({target})"
            : $"{text} (docs/{(target.Length > 0 ? target : Page)})";
    }

    [GeneratedRegex(@"MH\d{4}")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\[([^\]]*)\]\(([^)]*)\)")]
    private static partial Regex Link();
}
