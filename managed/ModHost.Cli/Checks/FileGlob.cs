using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Cli.Checks;

/// <summary>Patterns of file names, as glob(3) and so nginx's include have them.</summary>
internal static class FileGlob
{
    /// <summary>Null: it cannot be read, and so matches nothing.</summary>
    public static Regex? Read(string pattern)
    {
        var text = new StringBuilder("^");
        for (var at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '*':
                    text.Append("[^/]*");
                    break;
                case '?':
                    text.Append("[^/]");
                    break;
                case '[' when SetEnd(pattern, at) is > 0 and var end:
                    text.Append(Set(pattern[(at + 1)..end]));
                    at = end;
                    break;
                case var character:
                    text.Append(Regex.Escape(character.ToString()));
                    break;
            }
        }

        try
        {
            return new Regex(text.Append(@"\z").ToString(), RegexOptions.CultureInvariant);
        }
        catch (ArgumentException)
        {
            // A range that goes backwards.
            return null;
        }
    }

    // A bracket that comes first is one of the set; -1: the set is not closed, and its bracket a letter like others.
    private static int SetEnd(string pattern, int start)
    {
        var first = start + 1 < pattern.Length && IsNegated(pattern[start + 1]) ? start + 2 : start + 1;
        return first + 1 < pattern.Length ? pattern.IndexOf(']', first + 1) : -1;
    }

    private static string Set(string letters)
    {
        var negated = IsNegated(letters[0]);
        var escaped = new StringBuilder(negated ? "[^/" : "[");
        foreach (var letter in letters.AsSpan(negated ? 1 : 0))
        {
            escaped.Append(letter is '[' or ']' or '\\' or '^' ? @"\" : "").Append(letter);
        }

        return escaped.Append(']').ToString();
    }

    private static bool IsNegated(char letter) => letter is '!' or '^';
}
