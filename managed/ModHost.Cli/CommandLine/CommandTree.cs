using System.CommandLine;
using System.CommandLine.Parsing;

namespace ModHost.Cli.CommandLine;

/// <summary>Every command there is. Help, manual, completion and docs/cli.md are made of it.</summary>
internal static class CommandTree
{
    public const string Name = "modhost";

    public static RootCommand Build()
    {
        var root = new RootCommand("Runs ASP.NET Core applications inside nginx and Apache httpd.");
        root.Subcommands.Add(StartServerCommand.Define());
        root.Subcommands.Add(DevelopmentCommand.Define());
        root.Subcommands.Add(SetupServerCommand.Define());
        root.Subcommands.Add(CheckCommand.Define());
        root.Subcommands.Add(StatusCommand.Define());
        foreach (var command in GroupCommands.Define())
        {
            root.Subcommands.Add(command);
        }

        root.Subcommands.Add(LogsCommand.Define());
        root.Subcommands.Add(ModuleConfigCommand.Define());
        root.Subcommands.Add(CompletionCommand.Define());
        root.Subcommands.Add(ManualCommand.Define());
        root.Subcommands.Add(GuardCommand.Define());
        root.Subcommands.Add(TakeOverCommand.Define());
        return root;
    }

    /// <summary>What was typed to get to a command: "modhost start-server".</summary>
    public static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : Name;
}
