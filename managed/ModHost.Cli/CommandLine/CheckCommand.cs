using System.CommandLine;
using System.Text.Json;
using ModHost.Cli.Checks;
using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost check</c>.</summary>
internal static class CheckCommand
{
    public static Command Define()
    {
        var configuration = new Argument<string?>("configuration")
        {
            Description = "The web server's configuration; default: the distribution's.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var server = NewOption.Choice("--server", "The web server; default: the first that is installed.",
            WebServerChoice.Nginx, WebServerChoice.Apache);
        var json = NewOption.Flag("--json", "As JSON.");
        var command = new Command("check",
            "Tells what can be known before a start, with the remedy where something is wrong; 1 if there is an error.")
        {
            configuration, server, json,
        };
        command.SetAction(result =>
        {
            var file = result.GetValue(configuration) is { } typed ? ThatIsThere(typed) : null;
            var installation = Installation.Own();
            var found = WholeCheck.Run(WebServerChoice.Installed(result.GetValue(server), installation), installation, file, "/");
            Print(found, result.GetValue(json));
            return found.Any(finding => finding.Level == Level.Error) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static string ThatIsThere(string path) => File.Exists(path) ? Path.GetFullPath(path)
        : throw CommandException.Wrong($"there is no configuration at {path}");

    private static void Print(IReadOnlyList<Finding> findings, bool json)
    {
        if (json)
        {
            WriteJson(findings);
            return;
        }

        var screen = new Screen();
        foreach (var finding in findings)
        {
            var (word, colour) = finding.Level switch
            {
                Level.Ok => ("ok", Paint.Green),
                Level.Warning => ("warning", Paint.Yellow),
                _ => ("error", Paint.Red),
            };
            var level = screen.Colours ? $"{colour}{word,-7}{Paint.Off}" : $"{word,-7}";
            screen.Write($"{level}  {finding.Subject}: {finding.Text}"
                + (finding.Remedy.Length > 0 ? $"\n         → {finding.Remedy}" : ""));
        }
    }

    private static void WriteJson(IReadOnlyList<Finding> findings)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (var finding in findings)
            {
                writer.WriteStartObject();
                writer.WriteString("level", finding.Level.ToString().ToLowerInvariant());
                writer.WriteString("subject", finding.Subject);
                writer.WriteString("text", finding.Text);
                writer.WriteString("remedy", finding.Remedy);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        output.WriteByte((byte)'\n');
    }
}
