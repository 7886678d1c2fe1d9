using System.Diagnostics;
using ModHost.EndToEnd.Tests.Browser;
using ModHost.IntegrationTests.Hosting;
using Xunit.Abstractions;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary><c>modhost dev</c>, seen by who develops.</summary>
public class DevelopmentServerTests(ITestOutputHelper output)
{
    // A tab comes to the front, or is covered by another.
    private const string Seen = "document.dispatchEvent(new Event('visibilitychange'))";

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

        await browser.Evaluate($"Object.defineProperty(document, 'hidden', {{ get: () => true, configurable: true }}), {Seen}");
        project.WriteEdition("fourth");
        await project.Answers("fourth");
        Assert.Equal("third", await browser.Text("#edition"));
        await browser.Evaluate($"delete document.hidden, {Seen}");
        await browser.Shows("#edition", "fourth");
        Assert.Equal(0, await project.Stop());
    }

    [SkippableFact]
    public async Task A_page_with_a_policy_for_scripts_follows_its_sources_and_one_that_is_encoded_is_left_alone()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        await using var project = await DevelopedProject.New();
        project.Replace("Program.cs", "app.MapGet(\"/edition\"", """
            app.Use((context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = "script-src 'self'";
                return next(context);
            });
            app.MapGet("/packed", (HttpContext context) =>
            {
                using var packed = new MemoryStream();
                using (var writer = new StreamWriter(new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.NoCompression)))
                {
                    writer.Write("<html><head></head><body>packed</body></html>");
                }

                context.Response.Headers.ContentEncoding = "gzip";
                context.Response.Headers["X-Sum"] = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(packed.ToArray()));
                return Results.Bytes(packed.ToArray(), "text/html");
            });
            app.MapGet("/edition"
            """);
        await project.Develop();
        await using var browser = await Chromium.Start();
        await browser.Open(project.Url);
        Assert.Equal("first", await browser.Text("#edition"));

        project.WriteEdition("second");
        await browser.Shows("#edition", "second");
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(project.Url + "packed"));
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        Assert.Equal("script-src 'self'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal(Assert.Single(response.Headers.GetValues("X-Sum")),
            Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(await response.Content.ReadAsByteArrayAsync())));
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    public async Task No_request_fails_while_one_edit_follows_the_other()
    {
        var edits = Settings.Count(50, 5);
        await using var project = await DevelopedProject.New();
        await project.Develop("--no-browser-refresh", "--access-log", "off");
        await using var load = new ConstantLoad(project.Url + "edition");

        var median = await project.MedianOfEdits(edits);
        var (answered, failures) = await load.Finish();

        output.WriteLine($"{edits} edits, {answered} requests; from a save to the new answer: {median.TotalSeconds:0.00} s (median)");
        Assert.Equal([], failures);
        Assert.True(answered > edits);
        Assert.Equal(0, await project.Stop());
    }

    /// <summary>
    /// C# and Razor in turn. Ours is the time until an open page shows the change by itself; theirs, until whoever asks
    /// gets it, which is the sooner one.
    /// </summary>
    [SkippableFact]
    public async Task An_open_page_shows_a_change_no_later_than_dotnet_watch_serves_it()
    {
        Skip.IfNot(Settings.Full, "a measurement, made with --full");
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        const int Edits = 10;
        using var compilers = new CompilerServer();
        await using var ours = await DevelopedProject.New(compilers);
        await using var theirs = await DevelopedProject.New(compilers);
        await ours.Develop("--access-log", "off");
        await theirs.DotnetWatch();
        await using var browser = await Chromium.Start();
        await browser.Open(ours.Url);
        var (page, watch) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var number = 0; number < Edits; number++)
        {
            var text = $"edit {number}";
            var isSource = number % 2 == 0;
            page.Add(await Time(ours, text, isSource, () => browser.Shows(isSource ? "#edition" : "h1", text)));
            watch.Add(await Time(theirs, text, isSource, () => theirs.Shows(text)));
        }

        output.WriteLine($"from a save, medians of {Edits}: modhost dev, on the open page {DevelopedProject.Median(page).TotalSeconds:0.00} s, "
            + $"dotnet watch --no-hot-reload, to a request's answer {DevelopedProject.Median(watch).TotalSeconds:0.00} s");
        Assert.True(DevelopedProject.Median(page) <= DevelopedProject.Median(watch), $"{string.Join(' ', page)}; {string.Join(' ', watch)}");
    }

    private static async Task<TimeSpan> Time(DevelopedProject project, string text, bool isSource, Func<Task> shown)
    {
        var began = Stopwatch.StartNew();
        if (isSource)
        {
            project.WriteEdition(text);
        }
        else
        {
            project.WriteHeading(text);
        }

        await shown();
        return began.Elapsed;
    }
}
