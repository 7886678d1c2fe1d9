using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Browser;

/// <summary>What a new user does first, seen with a browser.</summary>
public class PageTests
{
    [SkippableTheory]
    [InlineData("nginx", "embedded", "http")]
    [InlineData("nginx", "embedded", "https")]
    [InlineData("nginx", "daemon", "http")]
    [InlineData("nginx", "daemon", "https")]
    [InlineData("apache", "embedded", "http")]
    [InlineData("apache", "embedded", "https")]
    [InlineData("apache", "daemon", "http")]
    [InlineData("apache", "daemon", "https")]
    public async Task A_new_projects_page_and_static_files_load(string server, string mode, string scheme)
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        var port = FreePort.Next();
        string[] secure = scheme == "https" ? ["--https-port", $"{port}", "--dev-certificate", "--http2"] : [];
        await using var command = await RunningCommand.Serving(await WebProject.Published, ["--server", server, "--mode", mode, .. secure]);
        await using var browser = await Chromium.Start();

        await LoadsWhole(browser, $"{scheme}://127.0.0.1:{(scheme == "https" ? port : command.Port)}/");
        await browser.Keep($"start-server-{server}-{mode}-{scheme}");
        Assert.Equal(0, await command.Stop());
    }

    [SkippableTheory]
    [InlineData("nginx", "embedded")]
    [InlineData("apache", "daemon")]
    public async Task A_project_is_published_and_served(string server, string mode)
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        var project = await WebProject.New();
        await using (var command = await RunningCommand.Serving(project, "--server", server, "--mode", mode))
        {
            await using var browser = await Chromium.Start();
            await LoadsWhole(browser, $"http://127.0.0.1:{command.Port}/");
            await browser.Keep($"start-server-project-{server}-{mode}");
            Assert.Equal(0, await command.Stop());
        }

        Directory.Delete(Path.GetDirectoryName(project)!, recursive: true);
    }

    private static async Task LoadsWhole(Chromium browser, string url)
    {
        await browser.Open(url);

        Assert.Equal("Home page - Shop", await browser.Evaluate("document.title"));
        Assert.Equal("Welcome", await browser.Text("h1"));
        // Style sheets and scripts did their work.
        Assert.Equal("flex", await browser.Evaluate("getComputedStyle(document.querySelector('.navbar')).display"));
        Assert.Equal("function", await browser.Evaluate("typeof window.jQuery"));
        Assert.Contains(browser.Loaded, one => one.Url.EndsWith(".css", StringComparison.Ordinal) || one.Url.Contains(".css?", StringComparison.Ordinal));
        Assert.All(browser.Loaded, one => Assert.Equal(200, one.Status));
    }
}
