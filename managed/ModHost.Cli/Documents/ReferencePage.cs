using System.CommandLine;
using System.Text;

namespace ModHost.Cli.Documents;

/// <summary>docs/cli.md.</summary>
internal static class ReferencePage
{
    public static string Of(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("<!-- Made of the command's own definitions: UPDATE_BASELINES=1 build/test CommandLineDocumentTests -->\n");
        text.Append("# The command `modhost`\n\n").Append(root.Description).Append("\n\n");
        text.Append("```\nmodhost start-server bin/Release/net10.0/publish\nmodhost start-server Shop.dll --mode daemon --processes 2 --port 80\n```\n\n");
        text.Append("Exit codes: 0 done, 1 not done, 2 not understood or a wrong value, 130 stopped at once by a second Ctrl-C.\n");
        foreach (var command in CommandText.All(root))
        {
            Append(text, command);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, CommandText command)
    {
        text.Append("\n## ").Append(command.Name).Append("\n\n```\nmodhost ").Append(command.Usage).Append("\n```\n\n");
        text.Append(command.Description).Append('\n');
        var rows = command.Arguments.Select(argument => (CommandText.Word(argument), argument.Description))
            .Concat(command.Options.Select(option => (CommandText.Spelling(option), option.Description))).ToArray();
        if (rows.Length == 0)
        {
            return;
        }

        text.Append("\n| | |\n| --- | --- |\n");
        foreach (var (name, description) in rows)
        {
            text.Append("| `").Append(name.Replace("|", "\\|", StringComparison.Ordinal)).Append("` | ")
                .Append((description ?? "").Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");
        }
    }
}
