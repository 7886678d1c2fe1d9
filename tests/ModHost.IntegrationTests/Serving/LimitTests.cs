using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Concurrency, queue, time-outs and sizes.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class LimitTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    [Fact]
    public async Task Over_the_concurrency_requests_wait_and_over_the_queue_they_get_503()
    {
        await using var server = await Start("max_concurrency 2; queue_size 2; queue_timeout 30s");
        var inside = new[] { await Ask(server, "/gate/wait?key=in"), await Ask(server, "/gate/wait?key=in") };
        await Wait.Until("both are in the application", () => Regex.Count(server.Log, "Request starting .*/gate/wait") == 2);
        var more = new List<RawConnection>();
        for (var number = 0; number < (HasQueue ? 3 : 2); number++)
        {
            more.Add(await Ask(server, "/respond?body=waited"));
        }

        var answers = more.ConvertAll(connection => connection.Read());
        if (HasQueue)
        {
            // Whichever of them came last.
            var first = await Task.WhenAny(answers);
            var refused = (await first)!;
            Assert.Equal(503, refused.Status);
            Assert.NotNull(refused.Header("Retry-After"));
            answers.Remove(first);
        }

        Assert.Equal("static file\n", (await RawConnection.Get(server.Port, "/static/hello.txt")).Text);

        inside[0].Break();
        inside[1].Break();
        foreach (var answer in answers)
        {
            Assert.Equal("waited", (await answer)!.Text);
        }

        foreach (var connection in more)
        {
            await connection.DisposeAsync();
        }

        await server.CheckSane();
    }

    [Fact]
    public async Task Waiting_too_long_gives_503()
    {
        await using var server = await Start("max_concurrency 1; queue_size 10; queue_timeout 300ms");
        await using var inside = await Ask(server, "/gate/wait?key=in");
        var response = await Wait.For("a request waited too long", () => RawConnection.Get(server.Port, "/respond?body=x"), response => response.Status == 503);
        Assert.NotNull(response.Header("Retry-After"));
        inside.Break();
        await Wait.Until("there is room again", async () => (await RawConnection.Get(server.Port, "/respond?body=x")).Status == 200);
        await server.CheckSane();
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_client_that_leaves_the_queue_makes_room()
    {
        await using var server = await Start("max_concurrency 1; queue_size 1; queue_timeout 30s");
        await using var inside = await Ask(server, "/gate/wait?key=in");
        var waiting = await Ask(server, "/gate/wait?key=in");
        await Wait.Until("the queue is full", async () =>
        {
            await using var one = await Ask(server, "/empty");
            await Task.Delay(50);
            return (await RawConnection.Get(server.Port, "/empty")).Status == 503;
        });
        waiting.Break();
        inside.Break();
        await Wait.Until("there is room again", async () => (await RawConnection.Get(server.Port, "/empty")).Status == 200);
        await server.CheckSane();
    }

    [Fact]
    public async Task The_request_timeout_fires_RequestAborted_and_gives_504()
    {
        await using var server = await Start("request_timeout 300ms");
        var key = Guid.NewGuid().ToString("N");
        var response = await RawConnection.Get(server.Port, "/wait-abort?key=" + key);
        Assert.Equal(504, response.Status);
        Assert.Equal("fired", await Counters.Note(server.Port, key));
        await server.WaitForLog("MH0324: ");
        await server.CheckSane();
    }

    [Fact]
    public async Task The_request_timeout_after_the_head_breaks_the_response_off()
    {
        // Long enough for the head to be there before, on a busy machine too.
        await using var server = await Start("request_timeout 5s");
        var response = await RawConnection.Get(server.Port, $"/wait-abort?head&key={Guid.NewGuid():N}");
        Assert.Equal(Ending.Truncated, response.Ending);
        await server.CheckSane();
    }

    [Theory]
    [InlineData("max_request_body 10", "", "")]
    [InlineData("", "client_max_body_size 10;", "LimitRequestBody 10")]
    public async Task A_body_over_the_limit_gives_413(string options, string nginx, string apache)
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        await using var server = await ServerHost.Start(new ServerSetup
        {
            Places = [new("/", $"pass {app}; {options}") { Nginx = nginx, Apache = apache }],
        }, "/empty");
        Assert.Equal(200, (await Post(server, "0123456789")).Status);
        Assert.Equal(413, (await Post(server, "0123456789a")).Status);
        var chunked = await RawConnection.Exchange(server.Port,
            "POST /body/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", "POST");
        Assert.Equal(413, chunked.Status);
        await server.CheckSane();
    }

    [Fact]
    public async Task A_larger_limit_than_the_usual_one()
    {
        await using var server = await Start("max_request_body 40m");
        Assert.StartsWith("31000000 ", (await Post(server, new string('x', 31_000_000))).Text, StringComparison.Ordinal);
        await server.CheckSane();
    }

    // Queues are per process, and a process of prefork's has one request: it waits, and the queue is never full.
    private static bool HasQueue => Settings.Server != ServerKind.ApachePrefork;

    private static async Task<ServerHost> Start(string options) =>
        await ServerHost.Start(ServerSetup.For(await AppBuild.Of("Probe", TRuntime.Runtime), options), "/empty");

    private static async Task<RawConnection> Ask(ServerHost server, string target)
    {
        var connection = await RawConnection.Open(server.Port);
        await connection.Send($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        return connection;
    }

    private static Task<RawResponse> Post(ServerHost server, string body) => RawConnection.Exchange(server.Port,
        $"POST /body/length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}", "POST");
}

public sealed class LimitJitTests : LimitTests<Jit>;

public sealed class LimitAotTests : LimitTests<Aot>;
