using System.Net;
using System.Text;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary>Requests that arrive between a change and what comes of it.</summary>
public class WaitingTests
{
    private const string Target = "echo/a%2Fb?x=1%202&y";

    [Fact]
    public async Task What_arrives_after_a_change_is_answered_by_the_new_build_and_comes_as_it_was_sent()
    {
        var secure = FreePort.Next();
        await using var project = await DevelopedProject.New();
        project.Replace("Program.cs", "app.UseHttpsRedirection();", "");
        project.Replace("Program.cs", "app.MapGet(\"/edition\"", """
            app.Map("/echo/{**rest}", async (HttpContext context) =>
            {
                var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
                var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
                return $"{Shop.Edition.Text}: {context.Request.Method} {context.Request.Protocol} {target} = "
                    + $"{context.Request.PathBase.Value} {context.Request.Path.Value} {context.Request.QueryString} [{body}]";
            });
            app.MapGet("/edition"
            """);
        await project.Develop("--mount-point", "/shop", "--https-port", $"{secure}", "--dev-certificate", "--http2");
        using var client = Client();
        using var gone = new CancellationTokenSource();

        await project.Changes(() => project.WriteEdition("second"));
        var leaves = client.GetStringAsync(new Uri(project.Url + "shop/edition"), gone.Token);
        Task<string>[] answers =
        [
            Ask(client, HttpMethod.Get, project.Url, HttpVersion.Version11),
            Ask(client, HttpMethod.Post, project.Url, HttpVersion.Version11, new string('x', 300_000)),
            Ask(client, HttpMethod.Get, $"https://127.0.0.1:{secure}/", HttpVersion.Version20),
            Ask(client, HttpMethod.Put, $"https://127.0.0.1:{secure}/", HttpVersion.Version20, "body"),
        ];
        var page = project.Browse(path: "shop/");
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);

        const string Seen = "/shop/" + Target + " = /shop /echo/a%2Fb ?x=1%202&y";
        Assert.Equal($"second: GET HTTP/1.1 {Seen} []", await answers[0]);
        Assert.Equal($"second: POST HTTP/1.1 {Seen} [{new string('x', 300_000)}]", await answers[1]);
        Assert.Equal($"second: GET HTTP/2 {Seen} []", await answers[2]);
        Assert.Equal($"second: PUT HTTP/2 {Seen} [body]", await answers[3]);
        Assert.Contains("<p id=\"edition\">second</p>", (await page).Text, StringComparison.Ordinal);
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    public async Task What_waited_for_a_version_that_does_not_come_is_answered_by_the_one_before_it_and_pages_are_the_errors()
    {
        await using var project = await DevelopedProject.New();
        await project.Develop();

        await project.Changes(() => project.WriteSource("namespace Shop;\n\npublic static class Edition\n{\n    public const string Text = 3;\n}\n"));
        await AssertAnswers(project, 500, "The build failed", "first");
        await project.Changes(() => project.WriteEdition(""));
        await AssertAnswers(project, 500, "The application does not start", "first");
        await project.Changes(() => project.WriteEdition("second"));
        await AssertAnswers(project, 200, "<p id=\"edition\">second</p>", "second");
        Assert.Equal(0, await project.Stop());
    }

    [SkippableFact]
    public async Task A_version_that_takes_long_to_start_is_waited_for()
    {
        Skip.IfNot(Settings.Full, "a build and 8 s more, made with --full");
        await using var project = await DevelopedProject.New();
        await project.Develop("--graceful-timeout", "1s");

        // The web server's worker that has the request ends meanwhile, and requests had only a second for that.
        await project.Changes(() =>
        {
            project.Replace("Program.cs", "app.Run();", "Thread.Sleep(8000);\napp.Run();");
            project.WriteEdition("second");
        });
        Assert.Equal("second", await project.Edition());
        Assert.Equal(0, await project.Stop());
    }

    // The first answers that there are.
    private static async Task AssertAnswers(DevelopedProject project, int status, string page, string edition)
    {
        var api = project.Edition();
        var browser = await project.Browse();
        Assert.Equal(status, browser.Status);
        Assert.Contains(page, browser.Text, StringComparison.Ordinal);
        Assert.Equal(edition, await api);
    }

    private static async Task<string> Ask(HttpClient client, HttpMethod method, string url, Version version, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri($"{url}shop/{Target}"))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new StringContent(body, Encoding.ASCII, "text/plain"),
        };
        using var response = await client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private static HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    {
        Timeout = TimeSpan.FromMinutes(4),
    };
}
