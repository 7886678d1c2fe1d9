using System.CommandLine;
using ModHost.Cli.CommandLine;
using ModHost.Cli.Documents;

namespace ModHost.Cli.Tests;

public class CommandLineDocumentTests
{
    [Fact]
    public void The_reference_page_says_what_the_definitions_say() =>
        Baseline.Check("docs/cli.md", ReferencePage.Of(CommandTree.Build()));

    [Fact]
    public void The_manual_page_names_every_command_and_option()
    {
        var manual = ManualPage.Of(CommandTree.Build());

        foreach (var command in CommandText.All(CommandTree.Build()))
        {
            Assert.Contains($".SS {Dashes(command.Name)}\n", manual, StringComparison.Ordinal);
            Assert.All(command.Options, option => Assert.Contains($".B {Dashes(option.Name)}", manual, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_command_option_and_argument_is_described() => Assert.All(CommandText.All(CommandTree.Build()), command =>
    {
        Assert.NotEmpty(command.Description);
        Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), option.Name));
        Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), argument.Name));
    });

    private static string Dashes(string text) => text.Replace("-", "\\-", StringComparison.Ordinal);
}
