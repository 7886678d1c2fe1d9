using System.Text.RegularExpressions;

namespace ModHost.Cli.Terminal;

/// <summary>
/// Leaves out what a web server says of its own everyday doings. Applications log at the same levels, so the level of
/// the log itself cannot do it.
/// </summary>
internal sealed partial class LogFilter
{
    private bool _shown = true;

    /// <summary>Whether a line is for people; what belongs to the line before it goes with that.</summary>
    public bool Shows(string line)
    {
        if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
        {
            _shown = !Everyday().IsMatch(line) || line.Contains("modhost: ", StringComparison.Ordinal);
        }

        return _shown;
    }

    [GeneratedRegex(@"^(?:\d{4}/\d\d/\d\d [\d:]{8} \[(?:notice|info)\] \d+#\d+: |\[[^\]]+\] \[(?!modhost:)[a-z_0-9]*:(?:notice|info)\])")]
    private static partial Regex Everyday();
}
