using System.Reflection;

namespace ModHost.Cli.Tests.Options;

/// <summary>No option without a test that sees what it does.</summary>
public class OptionCoverageTests
{
    [Fact]
    public void Every_option_of_every_command_has_a_test_that_sees_its_effect()
    {
        var seen = Marked().Concat(ServerOptionTests.Seen).ToHashSet();
        var defined = Definitions.Commands.SelectMany(command => command.Options.Select(option => (command.Name, option.Name))).ToHashSet();

        Assert.Equal([], defined.Except(seen));
        Assert.Equal([], seen.Except(defined));
    }

    private static IEnumerable<(string Command, string Option)> Marked() => typeof(OptionCoverageTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods()).SelectMany(method => method.GetCustomAttributes<EffectAttribute>())
        .Select(effect => (effect.Command, effect.Option));
}
