using System.Text;

namespace ModHost.Cli.Checks;

/// <summary>
/// Directives out of what mod_info prints for <c>-D DUMP_CONFIG</c>: a line for each, with everything included, variables
/// replaced, and what conditions leave out left out.
/// </summary>
internal static class ApacheDirectives
{
    public static IReadOnlyList<Directive> Read(string text)
    {
        var found = new List<Directive>();
        var blocks = new List<string>();
        var scopes = new List<int>();
        var last = 0;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("</", StringComparison.Ordinal))
            {
                if (blocks.Count > 0)
                {
                    blocks.RemoveAt(blocks.Count - 1);
                    scopes.RemoveAt(scopes.Count - 1);
                }
            }
            else if (line[0] == '<')
            {
                var words = Words(line[1..].TrimEnd('>'));
                found.Add(new Directive([.. blocks], [.. scopes], words, ++last));
                blocks.Add(words[0]);
                scopes.Add(last);
            }
            else if (line[0] != '#')
            {
                found.Add(new Directive([.. blocks], [.. scopes], Words(line)));
            }
        }

        return found;
    }

    // As ap_getword_conf has it: quotes around a whole word, and a backslash before a quote or another one.
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        for (var at = 0; at < line.Length;)
        {
            if (char.IsWhiteSpace(line[at]))
            {
                at++;
            }
            else if (line[at] is '"' or '\'')
            {
                words.Add(Quoted(line, ref at));
            }
            else
            {
                var end = line.AsSpan(at).IndexOfAny(" \t");
                end = end < 0 ? line.Length : at + end;
                words.Add(line[at..end]);
                at = end;
            }
        }

        return words.Count > 0 ? words : [""];
    }

    private static string Quoted(string line, ref int at)
    {
        var quote = line[at++];
        var word = new StringBuilder();
        while (at < line.Length && line[at] != quote)
        {
            if (line[at] == '\\' && at + 1 < line.Length && (line[at + 1] == quote || line[at + 1] == '\\'))
            {
                at++;
            }

            word.Append(line[at++]);
        }

        at++;
        return word.ToString();
    }
}
