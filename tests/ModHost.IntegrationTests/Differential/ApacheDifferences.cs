namespace ModHost.IntegrationTests.Differential;

/// <summary>What differs behind Apache.</summary>
internal static class ApacheDifferences
{
    public static IEnumerable<(string Name, Difference Difference)> All() => [];
}
