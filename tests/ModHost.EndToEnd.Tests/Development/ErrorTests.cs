using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary>What a browser and an API's client are given while something is wrong.</summary>
public class ErrorTests
{
    [Fact]
    public async Task A_build_that_fails_is_a_page_on_this_machine_and_the_version_before_it_answers_all_else()
    {
        await using var project = await DevelopedProject.New();
        var include = Path.Combine(Path.GetDirectoryName(project.Folder)!, "clients.conf");
        await File.WriteAllTextAsync(include, "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Client;\n");
        await project.Develop("--include-file", include, "--server-name", "shop.test");

        project.WriteSource("namespace Shop;\n\npublic static class Edition\n{\n    public const string Text = 3;\n}\n");

        var page = await project.Shows("The build failed");
        Assert.Matches(@"Edition\.cs\(5,\d+\): error CS0029", page);
        Assert.Equal(500, (await project.Browse()).Status);
        Assert.Equal("first", await project.Edition());
        await AssertOrdinary(project, "192.0.2.1", null);
        await AssertOrdinary(project, null, "rebound.example");
        Assert.Contains("The build failed", (await project.Browse(host: "shop.localhost")).Text, StringComparison.Ordinal);
        Assert.Contains("The build failed", (await project.Browse(host: "shop.test:80")).Text, StringComparison.Ordinal);
        Assert.Matches(@"Edition\.cs\(5,\d+\): error CS0029", project.Output);

        project.WriteEdition("second");
        await project.Shows("<p id=\"edition\">second</p>");
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    public async Task A_version_that_does_not_start_is_a_page_with_its_sources_and_the_one_before_it_goes_on()
    {
        await using var project = await DevelopedProject.New();
        await project.Develop();

        project.WriteEdition("");
        AssertException(await project.Shows("The application does not start"));
        await project.Says("The new version does not start; the lines above say why. The one before it goes on.");
        Assert.Equal("first", await project.Edition());

        project.WriteEdition("second");
        await project.Shows("<p id=\"edition\">second</p>");
        Assert.Equal("second", await project.Edition());
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    public async Task A_first_version_that_does_not_start_is_a_page_and_the_next_one_serves()
    {
        await using var project = await DevelopedProject.New();
        project.WriteEdition("");
        project.Begin();

        var page = await project.Shows("The application does not start");
        AssertException(page);
        Assert.Contains("Until then requests get 503.", page, StringComparison.Ordinal);
        Assert.Null(await project.Edition());

        project.WriteEdition("first");
        await project.Says("Serving Shop at");
        await project.Shows("<p id=\"edition\">first</p>");
        Assert.Equal(0, await project.Stop());
    }

    [Fact]
    public async Task A_request_that_fails_is_a_page_with_its_sources_on_this_machine_alone()
    {
        await using var project = await DevelopedProject.New();
        var include = Path.Combine(Path.GetDirectoryName(project.Folder)!, "clients.conf");
        await File.WriteAllTextAsync(include, """
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Client;
            modhost_variable SHOP_OWNER <fred>;

            """);
        // As the middleware for headers of proxies does, which takes them from anybody in the end.
        project.Replace("Program.cs", "app.MapGet(", """
            app.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
                context.Request.Host = new HostString("localhost");
                return next(context);
            });
            app.MapGet(
            """);
        project.Replace("Program.cs", "Shop.Edition.Text);",
            "Shop.Edition.Text);\napp.MapGet(\"/sale\", () => { if (app.Lifetime is not null) { throw new ArgumentException(\"no <sale>\"); } });");
        await project.Develop("--include-file", include);

        var (status, page) = await project.Browse(path: "sale?day=1");
        Assert.Equal(500, status);
        Assert.Contains("<h2>System.ArgumentException</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"message\">no &lt;sale&gt;</pre>", page, StringComparison.Ordinal);
        Assert.Matches(@"<mark> +\d+  app\.MapGet\(&quot;/sale&quot;", page);
        Assert.Contains("GET /sale?day=1 HTTP/1.1", page, StringComparison.Ordinal);
        Assert.Contains("<tr><th>Accept</th><td>text/html,", page, StringComparison.Ordinal);
        Assert.Contains("<tr><th>SHOP_OWNER</th><td>&lt;fred&gt;</td></tr>", page, StringComparison.Ordinal);
        Assert.Contains("refresh.js", page, StringComparison.Ordinal);
        Assert.Equal((500, ""), await project.Browse("192.0.2.1", "sale"));
        Assert.Equal((500, ""), await project.Browse(path: "sale", host: "rebound.example"));
        Assert.Contains("no &lt;sale&gt;", (await project.Browse(path: "sale", host: "shop.localhost:80")).Text, StringComparison.Ordinal);
        Assert.Equal("first", await project.Edition());
        Assert.Equal(0, await project.Stop());
    }

    [SkippableFact]
    public async Task A_version_that_the_web_server_does_not_take_is_a_page()
    {
        Skip.IfNot(Settings.Full, "two builds more, made with --full");
        const string Property = "<Nullable>enable</Nullable>";
        await using var project = await DevelopedProject.New();
        await project.Develop();

        project.Replace("Shop.csproj", Property, Property + "<GenerateRuntimeConfigurationFiles>false</GenerateRuntimeConfigurationFiles>");
        Assert.Contains("runtimeconfig.json", await project.Shows("The application does not start"), StringComparison.Ordinal);
        Assert.Equal("first", await project.Edition());

        project.Replace("Shop.csproj", "<GenerateRuntimeConfigurationFiles>false</GenerateRuntimeConfigurationFiles>", "");
        await project.Shows("<p id=\"edition\">first</p>");
        Assert.Equal(0, await project.Stop());
    }

    // The version that serves, without the script.
    private static async Task AssertOrdinary(DevelopedProject project, string? address, string? host)
    {
        var page = (await project.Browse(address, host: host)).Text;
        Assert.Contains("<p id=\"edition\">first</p>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("refresh.js", page, StringComparison.Ordinal);
        Assert.Equal(403, (await project.Browse(address, "_modhost/error", host)).Status);
    }

    private static void AssertException(string page)
    {
        Assert.Contains("<h2>System.InvalidOperationException</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"message\">an edition without a text</pre>", page, StringComparison.Ordinal);
        Assert.Matches(@"Program\.cs:line \d+", page);
        Assert.Matches(@"<mark> +\d+  +throw new InvalidOperationException\(&quot;an edition without a text&quot;\);</mark>", page);
    }
}
