using ModHost.EndToEnd.Tests.Browser;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary><c>modhost dev</c>, seen by who develops.</summary>
public class DevelopmentServerTests
{
    [SkippableFact]
    public async Task An_open_page_follows_its_sources_and_shows_errors_of_the_build()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        await using var project = await DevelopedProject.New();
        await project.Develop();
        await using var browser = await Chromium.Start();
        await browser.Open(project.Url);
        Assert.Equal("first", await browser.Text("#edition"));
        Assert.All(browser.Loaded, one => Assert.Equal(200, one.Status));

        project.WriteHeading("Second heading");
        await browser.Shows("h1", "Second heading");
        project.WriteEdition("second");
        await browser.Shows("#edition", "second");
        await browser.Keep("dev-second");

        project.WriteSource("namespace Shop;\n\npublic static class Edition\n{\n    public const string Text = 3;\n}\n");
        await browser.Shows("h1", "The build failed");
        Assert.Matches(@"Edition\.cs\(5,\d+\): error CS0029", await browser.Text("li"));
        await browser.Keep("dev-error");
        Assert.Equal("second", await project.Edition());
        Assert.Matches(@"Edition\.cs\(5,\d+\): error CS0029", project.Output);

        project.WriteEdition("third");
        await browser.Shows("#edition", "third");
        Assert.Equal("Second heading", await browser.Text("h1"));
        Assert.Equal(0, await project.Stop());
    }
}
