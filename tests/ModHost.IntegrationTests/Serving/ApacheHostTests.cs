using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Apache's own ways to configure and to log, of which the module is a part.</summary>
[Trait("Server", "apache")]
public sealed class ApacheHostTests
{
    [Fact]
    public async Task A_line_about_a_request_is_in_its_hosts_log_with_the_requests_id()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var server = await ServerHost.Start(new ServerSetup
        {
            Apache = new() { Host = "ErrorLog @PREFIX@/host.log\nErrorLogFormat \"%L %M\"\nCustomLog @PREFIX@/ids.log \"%L %U\"" },
            Places = [new("/", $"pass {app}; request_timeout 500ms")],
        }, "/empty");

        Assert.Equal(504, (await RawConnection.Get(server.Port, "/sleep?ms=60000")).Status);

        // Others may have had to wait for the start.
        var id = (await Line(server, "ids.log", " /sleep")).Split(' ')[0];
        Assert.Contains("MH03", await Line(server, "host.log", id + " "), StringComparison.Ordinal);
        Assert.DoesNotMatch("MH03", server.Log);
    }

    // Where an Alias has made a file's name of the path, SetHandler has the application answer, and .htaccess files are read.
    [Fact]
    public async Task Htaccess_may_have_what_shapes_its_own_responses_and_nothing_else()
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var server = await ServerHost.Start(new ServerSetup
        {
            Apache = new() { Host = "<Directory @PREFIX@>\nAllowOverride FileInfo\n</Directory>" },
            Places = [new("/", $"pass {app}"), new("/static/", $"pass {app}") { InSection = true, Apache = "SetHandler modhost" }],
        }, "/empty");
        var file = Path.Combine(server.Places.Static, ".htaccess");
        const string Target = "/static/respond?h=X-Own:kept&body=x";

        var kept = await RawConnection.Get(server.Port, Target);
        Assert.Equal((200, "x", "kept"), (kept.Status, kept.Text, kept.Header("X-Own")));
        await File.WriteAllTextAsync(file, "ModHostHideHeader X-Own\n");
        var hidden = await RawConnection.Get(server.Port, Target);
        Assert.Equal((200, "x", null), (hidden.Status, hidden.Text, hidden.Header("X-Own")));

        await File.WriteAllTextAsync(file, "ModHostRequestTimeout 1s\n");
        Assert.Equal(500, (await RawConnection.Get(server.Port, Target)).Status);
        await server.WaitForLog("ModHostRequestTimeout not allowed here");
    }

    private static Task<string> Line(ServerHost server, string file, string text) => Wait.For($"{file} has '{text}'",
        async () => (await File.ReadAllLinesAsync(Path.Combine(server.Places.Prefix, file)))
            .FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal), ""),
        line => line.Length > 0);
}
