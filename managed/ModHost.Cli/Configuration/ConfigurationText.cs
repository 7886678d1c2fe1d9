using System.Text;

namespace ModHost.Cli.Configuration;

/// <summary>Lines of a configuration, indented by the blocks that they are in.</summary>
internal sealed class ConfigurationText
{
    private const int Step = 4;

    private readonly StringBuilder _text = new();
    private int _depth;

    public override string ToString() => _text.ToString();

    public ConfigurationText Line(string text = "")
    {
        if (text.Length > 0)
        {
            _text.Append(' ', _depth * Step).Append(text);
        }

        _text.Append('\n');
        return this;
    }

    /// <summary>Only where there is a value to write.</summary>
    public ConfigurationText LineIf(object? condition, string text) =>
        condition is null or false ? this : Line(text);

    /// <summary>What <paramref name="inside"/> writes stands between two lines, one step further in.</summary>
    public ConfigurationText Block(string first, string last, Action inside)
    {
        Line(first);
        _depth++;
        inside();
        _depth--;
        return Line(last);
    }
}
