using System.CommandLine;
using ModHost.Cli.Documents;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost completion</c>.</summary>
internal static class CompletionCommand
{
    public static Command Define()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong(CompletionScript.Shells);
        var command = new Command("completion", "Prints a script that completes this command in a shell.") { shell };
        command.SetAction(result =>
        {
            Console.Out.Write(CompletionScript.Of(result.GetValue(shell)!));
            return ExitCode.Success;
        });
        return command;
    }
}
