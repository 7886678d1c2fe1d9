using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Slashes that were sent as %2F, for each value of AllowEncodedSlashes: the app routes what Apache checked.</summary>
[Trait("Server", "apache")]
public sealed class EncodedSlashTests
{
    [Theory]
    [InlineData("Off", "/dump/a%2Fb", null)]
    [InlineData("On", "/dump/a%2Fb", "/dump/a%2Fb")]
    [InlineData("NoDecode", "/dump/a%2Fb", "/dump/a%2Fb")]
    [InlineData("On", "/dump/a%2fb", "/dump/a%2fb")]
    [InlineData("Off", "/dump/%20b", "/dump/ b")]
    public async Task An_encoded_slash_stays_one_or_does_not_arrive(string allowed, string target, string? path)
    {
        await using var server = await Start(allowed);
        var response = await RawConnection.Get(server.Port, target);
        if (path is null)
        {
            Assert.Equal(404, response.Status);
            Assert.Contains(WebServer.Tested.ErrorPage, response.Text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains($"\"path\": \"{path}\"", response.Text, StringComparison.Ordinal);
        }

        await server.CheckSane();
    }

    [Theory]
    [InlineData("On")]
    [InlineData("NoDecode")]
    public async Task What_is_forbidden_cannot_be_reached_by_an_encoded_slash(string allowed)
    {
        await using var server = await Start(allowed, "<Location \"/dump/secret\">\nRequire all denied\n</Location>");
        Assert.Equal(403, (await RawConnection.Get(server.Port, "/dump/secret/x")).Status);
        foreach (var target in (string[])["/dump%2Fsecret/x", "/dump/secret%2Fx", "/dump/a%2F../secret/x", "/dump/a%2F..%2Fsecret%2Fx", "/dump//secret/x", "/dump/%2e/secret/x"])
        {
            // Refused, or the app sees a path in which nothing that was forbidden is a segment of its own.
            var response = await RawConnection.Get(server.Port, target);
            Assert.DoesNotMatch("\"path\": \"/dump/secret[/\"]", response.Status == 200 ? response.Text : "");
        }

        await server.CheckSane();
    }

    private static async Task<ServerHost> Start(string allowed, string more = "")
    {
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        return await ServerHost.Start(ServerSetup.For(app) with { Apache = new() { Host = $"AllowEncodedSlashes {allowed}\n{more}" } }, "/empty");
    }
}
