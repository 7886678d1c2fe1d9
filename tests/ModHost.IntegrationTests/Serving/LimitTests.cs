using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Concurrency, queue, time-outs and sizes.</summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public abstract class LimitTests<TServer>
    where TServer : IServerUnderTest
{
    [Fact]
    public async Task Over_the_concurrency_requests_wait_and_over_the_queue_they_get_503()
    {
        await using var nginx = await Start("modhost_max_concurrency 2; modhost_queue_size 2; modhost_queue_timeout 30s;");
        var inside = new[] { await Ask(nginx, "/gate/wait?key=in"), await Ask(nginx, "/gate/wait?key=in") };
        await Wait.Until("both are in the application", () => Regex.Count(nginx.Log, "Request starting .*/gate/wait") == 2);
        var waiting = new[] { await Ask(nginx, "/respond?body=waited"), await Ask(nginx, "/respond?body=waited") };
        var refused = await Wait.For("the queue is full", () => RawConnection.Get(nginx.Port, "/respond?body=x"), response => response.Status == 503);
        Assert.NotNull(refused.Header("Retry-After"));
        Assert.Equal("static file\n", (await RawConnection.Get(nginx.Port, "/static/hello.txt")).Text);

        inside[0].Break();
        inside[1].Break();
        foreach (var connection in waiting)
        {
            Assert.Equal("waited", (await connection.Read())!.Text);
            await connection.DisposeAsync();
        }

        await nginx.CheckSane();
    }

    [Fact]
    public async Task Waiting_too_long_gives_503()
    {
        await using var nginx = await Start("modhost_max_concurrency 1; modhost_queue_size 10; modhost_queue_timeout 300ms;");
        await using var inside = await Ask(nginx, "/gate/wait?key=in");
        var response = await Wait.For("a request waited too long", () => RawConnection.Get(nginx.Port, "/respond?body=x"), response => response.Status == 503);
        Assert.NotNull(response.Header("Retry-After"));
        inside.Break();
        await Wait.Until("there is room again", async () => (await RawConnection.Get(nginx.Port, "/respond?body=x")).Status == 200);
        await nginx.CheckSane();
    }

    [Fact]
    public async Task A_client_that_leaves_the_queue_makes_room()
    {
        await using var nginx = await Start("modhost_max_concurrency 1; modhost_queue_size 1; modhost_queue_timeout 30s;");
        await using var inside = await Ask(nginx, "/gate/wait?key=in");
        var waiting = await Ask(nginx, "/gate/wait?key=in");
        await Wait.Until("the queue is full", async () =>
        {
            await using var one = await Ask(nginx, "/empty");
            await Task.Delay(50);
            return (await RawConnection.Get(nginx.Port, "/empty")).Status == 503;
        });
        waiting.Break();
        inside.Break();
        await Wait.Until("there is room again", async () => (await RawConnection.Get(nginx.Port, "/empty")).Status == 200);
        await nginx.CheckSane();
    }

    [Fact]
    public async Task The_request_timeout_fires_RequestAborted_and_gives_504()
    {
        await using var nginx = await Start("modhost_request_timeout 300ms;");
        var key = Guid.NewGuid().ToString("N");
        var response = await RawConnection.Get(nginx.Port, "/wait-abort?key=" + key);
        Assert.Equal(504, response.Status);
        Assert.Equal("fired", await Counters.Note(nginx.Port, key));
        await nginx.WaitForLog("MH0324: ");
        await nginx.CheckSane();
    }

    [Fact]
    public async Task The_request_timeout_after_the_head_breaks_the_response_off()
    {
        // Long enough for the head to be there before, on a busy machine too.
        await using var nginx = await Start("modhost_request_timeout 5s;");
        var response = await RawConnection.Get(nginx.Port, $"/wait-abort?head&key={Guid.NewGuid():N}");
        Assert.Equal(Ending.Truncated, response.Ending);
        await nginx.CheckSane();
    }

    [Theory]
    [InlineData("modhost_max_request_body 10;")]
    [InlineData("client_max_body_size 10;")]
    public async Task A_body_over_the_limit_gives_413(string directive)
    {
        await using var nginx = await Start(directive);
        Assert.Equal(200, (await Post(nginx, "0123456789")).Status);
        Assert.Equal(413, (await Post(nginx, "0123456789a")).Status);
        var chunked = await RawConnection.Exchange(nginx.Port,
            "POST /body/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", "POST");
        Assert.Equal(413, chunked.Status);
        await nginx.CheckSane();
    }

    [Fact]
    public async Task A_larger_limit_than_the_usual_one()
    {
        await using var nginx = await Start("modhost_max_request_body 40m;");
        Assert.StartsWith("31000000 ", (await Post(nginx, new string('x', 31_000_000))).Text, StringComparison.Ordinal);
        await nginx.CheckSane();
    }

    private static async Task<NginxHost> Start(string more) =>
        await NginxHost.Start(NginxSetup.For(await AppBuild.Of("Probe", TServer.Runtime), more), "/empty");

    private static async Task<RawConnection> Ask(NginxHost nginx, string target)
    {
        var connection = await RawConnection.Open(nginx.Port);
        await connection.Send($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        return connection;
    }

    private static Task<RawResponse> Post(NginxHost nginx, string body) => RawConnection.Exchange(nginx.Port,
        $"POST /body/length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}", "POST");
}

public sealed class LimitJitTests : LimitTests<NginxJit>;

public sealed class LimitAotTests : LimitTests<NginxAot>;
