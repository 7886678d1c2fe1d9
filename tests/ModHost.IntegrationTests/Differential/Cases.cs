namespace ModHost.IntegrationTests.Differential;

/// <summary>All cases of the comparison with Kestrel.</summary>
internal static class Cases
{
    public static IReadOnlyDictionary<string, Case> ByName { get; } =
        ((IEnumerable<Case>)[.. PathCases.All(), .. HeaderCases.All(), .. BodyCases.All(), .. FaultCases.All()])
        .ToDictionary(@case => @case.Name, StringComparer.Ordinal);
}
