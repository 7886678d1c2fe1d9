using ModHost.Cli.CommandLine;
using ModHost.Cli.Documents;

namespace ModHost.Cli.Tests.Options;

/// <summary>What the command says of itself.</summary>
internal static class Definitions
{
    public static IReadOnlyList<CommandText> Commands { get; } = [.. CommandText.All(CommandTree.Build())];

    public static IEnumerable<string> Options(string command) =>
        Commands.Single(one => one.Name == command).Options.Select(option => option.Name);
}
