using System.Text;

namespace ModHost.Cli.Checks;

/// <summary>A directive as nginx read it.</summary>
/// <param name="Block">Names of the blocks around it, from the outside: "http", "server".</param>
internal sealed record NginxDirective(IReadOnlyList<string> Block, IReadOnlyList<string> Words)
{
    public string Name => Words[0];

    public string First => Words.Count > 1 ? Words[1] : "";
}

/// <summary>Directives out of what <c>nginx -T</c> prints: good input, for nginx has accepted it.</summary>
internal static class NginxDirectives
{
    public static IReadOnlyList<NginxDirective> Read(string text)
    {
        var found = new List<NginxDirective>();
        var blocks = new List<string>();
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            switch (text[at])
            {
                case '#':
                    at = End(text, at, "\n");
                    break;
                case ';':
                    Add(found, blocks, words);
                    at++;
                    break;
                case '{':
                    Add(found, blocks, [.. words]);
                    blocks.Add(words.Count > 0 ? words[0] : "");
                    words.Clear();
                    at++;
                    break;
                case '}':
                    if (blocks.Count > 0)
                    {
                        blocks.RemoveAt(blocks.Count - 1);
                    }

                    at++;
                    break;
                case var character when char.IsWhiteSpace(character):
                    at++;
                    break;
                case '"' or '\'':
                    words.Add(Quoted(text, ref at));
                    break;
                default:
                    var end = End(text, at, " \t\r\n;{");
                    words.Add(text[at..end]);
                    at = end;
                    break;
            }
        }

        return found;
    }

    private static void Add(List<NginxDirective> found, List<string> blocks, List<string> words)
    {
        if (words.Count > 0)
        {
            found.Add(new NginxDirective([.. blocks], [.. words]));
        }

        words.Clear();
    }

    private static int End(string text, int start, string ends)
    {
        var at = text.AsSpan(start).IndexOfAny(ends);
        return at < 0 ? text.Length : start + Math.Max(at, 1);
    }

    private static string Quoted(string text, ref int at)
    {
        var quote = text[at++];
        var word = new StringBuilder();
        while (at < text.Length && text[at] != quote)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            word.Append(text[at++]);
        }

        at++;
        return word.ToString();
    }
}
