namespace ModHost.Cli.Tests.Options;

/// <summary>The test sees what an option does. <see cref="OptionCoverageTests"/> knows by it that there is one.</summary>
/// <param name="command">"dev".</param>
/// <param name="option">"--watch".</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class EffectAttribute(string command, string option) : Attribute
{
    public string Command { get; } = command;

    public string Option { get; } = option;
}
