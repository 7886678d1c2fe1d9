using System.CommandLine;
using System.Text;

namespace ModHost.Cli.Documents;

/// <summary>modhost(1), for man.</summary>
internal static class ManualPage
{
    public static string Of(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append(".\\\" Made of the command's own definitions.\n.TH MODHOST 1 \"\" \"ModHost\" \"User Commands\"\n");
        text.Append(".SH NAME\nmodhost \\- run ASP.NET Core applications inside nginx and Apache httpd\n.SH SYNOPSIS\n");
        foreach (var command in CommandText.All(root))
        {
            text.Append(".B modhost ").Append(Escaped(command.Usage)).Append("\n.br\n");
        }

        text.Append(".SH DESCRIPTION\n").Append(Escaped(root.Description ?? "")).Append("\n.SH COMMANDS\n");
        foreach (var command in CommandText.All(root))
        {
            text.Append(".SS ").Append(Escaped(command.Name)).Append('\n').Append(Escaped(command.Description)).Append('\n');
            foreach (var argument in command.Arguments)
            {
                Append(text, CommandText.Word(argument), argument.Description);
            }

            foreach (var option in command.Options)
            {
                Append(text, CommandText.Spelling(option), option.Description);
            }
        }

        text.Append(".SH EXIT STATUS\n0 done, 1 not done, 2 not understood or a wrong value, 130 stopped at once by a second Ctrl\\-C.\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string? description) =>
        text.Append(".TP\n.B ").Append(Escaped(name)).Append('\n').Append(Escaped(description ?? "")).Append('\n');

    // A line that begins with a dot or an apostrophe would be a request; a bare dash is a hyphen.
    private static string Escaped(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("…", "...", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
