namespace ModHost.Cli.Tests.Options;

/// <summary>An option of a web server's configuration, and what it puts there.</summary>
/// <param name="Typed">The option with a value, and other options where it cannot be alone.</param>
/// <param name="Nginx">Text of the configuration that is not there without it.</param>
/// <param name="Apache">The same for Apache.</param>
internal sealed record OptionRow(string[] Typed, string Nginx, string Apache)
{
    public string Option => Typed[0];

    /// <summary>What it cannot be without; is there in the configuration that it is compared with, too.</summary>
    public string[] Needs { get; init; } = [];

    /// <summary>Neither of the two is to be found with it, but without.</summary>
    public bool TakesAway { get; init; }

    /// <summary>setup-server has it too.</summary>
    public bool InSites { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Typed);
}
