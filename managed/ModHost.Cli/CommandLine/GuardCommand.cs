using System.CommandLine;
using ModHost.Cli.Running;

namespace ModHost.Cli.CommandLine;

/// <summary>Not for people: <see cref="Guard"/> starts it.</summary>
internal static class GuardCommand
{
    public static Command Define()
    {
        var directory = new Argument<string>("directory");
        var command = new Command(Guard.CommandName, "Ends a web server when the command that started it is gone.")
        {
            directory,
        };
        command.Hidden = true;
        command.SetAction(result => Guard.Run(result.GetValue(directory)!));
        return command;
    }
}
