using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Differential;

/// <summary>docs/differences.md and the table in code say the same.</summary>
public sealed class DifferencesDocumentTests
{
    private static readonly string s_document = File.ReadAllText(Path.Combine(Settings.RepositoryRoot, "docs", "differences.md"));

    [Fact]
    public void Every_difference_names_a_case_that_exists() =>
        Assert.All(Differences.All, pair => Assert.Contains(pair.Key, Cases.ByName.Keys));

    [Fact]
    public void Every_difference_is_explained() =>
        Assert.All(Differences.All, pair =>
            Assert.Contains($"## {pair.Value.Section}\n", s_document, StringComparison.Ordinal));

    [Fact]
    public void Nothing_is_explained_that_is_no_difference()
    {
        var sections = s_document.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
        Assert.All(sections, section => Assert.Contains(Differences.All, pair => pair.Value.Section == section));
    }

    [Fact]
    public void There_are_enough_cases() => Assert.InRange(Cases.ByName.Count, 150, 2000);
}
