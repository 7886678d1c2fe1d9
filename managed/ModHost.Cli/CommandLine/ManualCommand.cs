using System.CommandLine;
using ModHost.Cli.Documents;

namespace ModHost.Cli.CommandLine;

/// <summary>Not for people: builds write the manual page with it.</summary>
internal static class ManualCommand
{
    public static Command Define()
    {
        var command = new Command("manual", "Prints modhost(1).");
        command.Hidden = true;
        command.SetAction(_ =>
        {
            Console.Out.Write(ManualPage.Of(CommandTree.Build()));
            return ExitCode.Success;
        });
        return command;
    }
}
