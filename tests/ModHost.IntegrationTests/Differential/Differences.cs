using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Differential;

/// <summary>A deliberate difference from Kestrel, explained under <paramref name="Section"/> in docs/differences.md.</summary>
/// <param name="Section">The heading there.</param>
/// <param name="Kestrel">The statuses that Kestrel gives; 0: closed without a response.</param>
/// <param name="ModHost">The statuses that ModHost gives.</param>
/// <param name="Contains">A text that ModHost's outcome must have.</param>
internal sealed record Difference(string Section, int[] Kestrel, int[] ModHost, string Contains)
{
    public void Check(Outcome kestrel, Outcome modhost)
    {
        Assert.Equal(Kestrel, kestrel.Statuses);
        Assert.Equal(ModHost, modhost.Statuses);
        Assert.NotEqual(kestrel.Text, modhost.Text);
        Assert.Contains(Contains, modhost.Text, StringComparison.Ordinal);
    }
}

/// <summary>The deliberate differences, by case.</summary>
internal static class Differences
{
    public static IReadOnlyDictionary<string, Difference> OfNginx { get; } = NginxDifferences.All().ToDictionary(pair => pair.Name, pair => pair.Difference);

    public static IReadOnlyDictionary<string, Difference> OfApache { get; } = ApacheDifferences.All().ToDictionary(pair => pair.Name, pair => pair.Difference);

    /// <summary>All, whichever web server they are of.</summary>
    public static IEnumerable<KeyValuePair<string, Difference>> All => OfNginx.Concat(OfApache);

    /// <summary>That of a case, where the web server under test has one.</summary>
    public static Difference? For(string name) =>
        (Settings.Server == ServerKind.Nginx ? OfNginx : OfApache).GetValueOrDefault(name);
}
