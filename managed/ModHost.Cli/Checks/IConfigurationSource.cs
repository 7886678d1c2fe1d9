namespace ModHost.Cli.Checks;

/// <summary>Where a web server's configuration is had from.</summary>
internal interface IConfigurationSource
{
    /// <summary>What it says; null: it is refused or cannot be read, which is among the findings.</summary>
    /// <param name="file">Null: the distribution's.</param>
    ServerConfiguration? Read(string? file, List<Finding> findings);
}
