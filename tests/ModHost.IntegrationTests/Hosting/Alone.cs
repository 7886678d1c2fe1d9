namespace ModHost.IntegrationTests.Hosting;

/// <summary>For classes that measure times or memory: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
