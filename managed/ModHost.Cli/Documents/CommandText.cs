using System.CommandLine;
using System.CommandLine.Help;

namespace ModHost.Cli.Documents;

/// <summary>What documents say of a command, taken from its definition.</summary>
internal sealed record CommandText(Command Command)
{
    /// <summary>Those that people type, in the order of the definitions.</summary>
    public static IEnumerable<CommandText> All(RootCommand root) =>
        root.Subcommands.Where(command => !command.Hidden).Select(command => new CommandText(command));

    public string Name => Command.Name;

    public string Description => Command.Description ?? "";

    public IEnumerable<Argument> Arguments => Command.Arguments.Where(argument => !argument.Hidden);

    public IEnumerable<Option> Options => Command.Options.Where(option => !option.Hidden && option is not HelpOption);

    /// <summary>"start-server APPLICATION [OPTION …]"</summary>
    public string Usage => string.Join(' ', Arguments.Select(Word).Prepend(Name).Concat(Options.Any() ? ["[OPTION …]"] : []));

    /// <summary>As it is typed: "--port PORT".</summary>
    public static string Spelling(Option option) =>
        option.HelpName is { Length: > 0 } value ? $"{option.Name} {value}" : option.Name;

    public static string Word(Argument argument)
    {
        var word = argument.HelpName ?? argument.Name.ToUpperInvariant();
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{word}]" : word;
    }
}
