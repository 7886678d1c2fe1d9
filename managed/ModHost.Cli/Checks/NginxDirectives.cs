using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Cli.Checks;

/// <summary>
/// Directives out of what <c>nginx -T</c> prints: good input, for nginx has accepted it. It prints file after file, so that
/// what is included has to be put where it belongs.
/// </summary>
internal sealed partial class NginxDirectives
{
    // nginx itself ends where a file includes itself.
    private const int Deepest = 32;

    private readonly List<(string Name, string Text)> _files = [];
    private readonly List<Directive> _found = [];
    private readonly List<string> _blocks = [];
    private readonly List<int> _scopes = [];
    private int _lastScope;

    private NginxDirectives(string text)
    {
        // nginx prints each file once: more such lines are comments in it.
        var starts = FileLine().Matches(text).DistinctBy(line => line.Groups[1].Value).ToArray();
        if (starts.Length == 0)
        {
            _files.Add(("", text));
        }

        for (var i = 0; i < starts.Length; i++)
        {
            var begin = starts[i].Index + starts[i].Length;
            _files.Add((starts[i].Groups[1].Value, text[begin..(i + 1 < starts.Length ? starts[i + 1].Index : text.Length)]));
        }
    }

    public static IReadOnlyList<Directive> Read(string text)
    {
        var reading = new NginxDirectives(text);
        reading.ReadFile(reading._files[0].Text, 0);
        return reading._found;
    }

    private void ReadFile(string text, int depth)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            switch (text[at])
            {
                case '#':
                    at = End(text, at, "\n");
                    break;
                case ';':
                    Add(words, depth);
                    at++;
                    break;
                case '{' when words is [.., _] && words[0].EndsWith("_by_lua_block", StringComparison.Ordinal):
                    at = ProgramEnd(text, at);
                    Add(words, depth);
                    break;
                case '{':
                    Open(words);
                    at++;
                    break;
                case '}':
                    Close();
                    at++;
                    break;
                case var character when char.IsWhiteSpace(character):
                    at++;
                    break;
                case '"' or '\'':
                    words.Add(Quoted(text, ref at));
                    break;
                default:
                    words.Add(Plain(text, ref at));
                    break;
            }
        }
    }

    private void Add(List<string> words, int depth)
    {
        if (words is ["include", var pattern] && depth < Deepest)
        {
            foreach (var (_, text) in Included(pattern))
            {
                ReadFile(text, depth + 1);
            }
        }
        else if (words.Count > 0)
        {
            _found.Add(new Directive([.. _blocks], [.. _scopes], [.. words]));
        }

        words.Clear();
    }

    private void Open(List<string> words)
    {
        _lastScope++;
        if (words.Count > 0)
        {
            _found.Add(new Directive([.. _blocks], [.. _scopes], [.. words], _lastScope));
        }

        _blocks.Add(words.Count > 0 ? words[0] : "");
        _scopes.Add(_lastScope);
        words.Clear();
    }

    private void Close()
    {
        if (_blocks.Count > 0)
        {
            _blocks.RemoveAt(_blocks.Count - 1);
            _scopes.RemoveAt(_scopes.Count - 1);
        }
    }

    // Relative to the folder of the first file, as nginx has it.
    private IEnumerable<(string Name, string Text)> Included(string pattern)
    {
        var path = Path.Combine(Path.GetDirectoryName(_files[0].Name) ?? "", pattern);
        var glob = FileGlob.Read(path);
        return _files.Skip(1).Where(file => glob?.IsMatch(file.Name) == true).OrderBy(file => file.Name, StringComparer.Ordinal);
    }

    private static int End(string text, int start, string ends)
    {
        var at = text.AsSpan(start).IndexOfAny(ends);
        return at < 0 ? text.Length : start + Math.Max(at, 1);
    }

    // After a block that is a program in another language, which has braces in pairs.
    private static int ProgramEnd(string text, int at)
    {
        var open = 0;
        do
        {
            open += text[at] switch { '{' => 1, '}' => -1, _ => 0 };
            at++;
        }
        while (open > 0 && at < text.Length);

        return at;
    }

    // A brace after a dollar sign is part of a variable.
    private static string Plain(string text, ref int at)
    {
        var start = at++;
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] != ';' && (text[at] != '{' || text[at - 1] == '$'))
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        at = Math.Min(at, text.Length);
        return text[start..at];
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

    [GeneratedRegex(@"^# configuration file (.+):\r?$", RegexOptions.Multiline)]
    private static partial Regex FileLine();
}
