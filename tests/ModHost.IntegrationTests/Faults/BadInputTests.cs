using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>
/// Bytes and applications that are wrong: each gives the right status and a log line with a tag, and leaves worker and
/// connection sane.
/// </summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class BadInputTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    [Theory]
    [InlineData("GET /x HTTP/1.1\r\nHost: a\r\nX-Nul: a\0b\r\n\r\n", 400, 400)]
    [InlineData("GET\0 / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400)]
    [InlineData("\0\u0001\u0002\r\n\r\n", 400, 400)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, 404)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, 400)]
    [InlineData("POST /body/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n0\r\n\r\n", 400, 400)]
    [InlineData("POST /body/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", 400, 413)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, 400)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1e3\r\n\r\n", 400, 400)]
    public async Task A_malformed_request_is_refused(string bytes, int nginx, int apache)
    {
        var response = await RawConnection.Exchange(Port, bytes);
        Assert.Equal(Settings.Server == ServerKind.Nginx ? nginx : apache, response.Status);
        Assert.NotEqual(Ending.Truncated, response.Ending);
        await StillServes();
    }

    [Fact, Trait("Server", "nginx")]
    public async Task A_coding_before_chunked_is_refused()
    {
        // Apache takes the chunks apart and leaves the rest to the application.
        Assert.Equal(501, (await RawConnection.Exchange(Port, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")).Status);
        await StillServes();
    }

    [Fact]
    public async Task Too_many_headers_are_refused_with_a_tag()
    {
        var headers = string.Concat(Enumerable.Range(0, 250).Select(i => $"X-Many-{i}: {i}\r\n"));
        var response = await RawConnection.Get(Port, "/dump", headers);
        Assert.Contains(response.Status, (int[])[400, 431]);
        await Server.WaitForLog(@"MH03\d\d:.*header");
        await StillServes();
    }

    [Fact]
    public async Task A_head_of_more_than_64_KiB_is_refused()
    {
        // Within the web server's own buffers, past ModHost's.
        var app = App;
        await using var server = await ServerHost.Start(ServerSetup.For(app) with
        {
            Nginx = new() { Http = "large_client_header_buffers 16 16k;" },
            Apache = new() { Main = "LimitRequestFieldSize 16380" },
        }, "/empty");
        var headers = string.Concat(Enumerable.Range(0, 8).Select(i => $"X-Big-{i}: {new string('b', 9000)}\r\n"));
        var response = await RawConnection.Get(server.Port, "/dump", headers);
        Assert.Contains(response.Status, (int[])[400, 431]);
        await server.WaitForLog(@"MH03\d\d:");

        var less = string.Concat(Enumerable.Range(0, 6).Select(i => $"X-Big-{i}: {new string('b', 9000)}\r\n"));
        Assert.Equal(200, (await RawConnection.Get(server.Port, "/dump", less)).Status);
        await server.CheckSane();
    }

    [Fact]
    public async Task A_head_larger_than_the_web_server_takes_is_400_or_414()
    {
        Assert.Equal(414, (await RawConnection.Get(Port, "/dump/" + new string('p', 20000))).Status);
        Assert.Equal(400, (await RawConnection.Get(Port, "/dump", $"X-Big: {new string('b', 20000)}\r\n")).Status);
        await StillServes();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(1000)]
    [InlineData(-1)]
    [InlineData(100)]
    [InlineData(103)]
    public async Task An_impossible_status_of_the_app_gives_500_with_a_tag(int status)
    {
        var response = await RawConnection.Get(Port, $"/respond?status={status}");
        Assert.Equal(500, response.Status);
        await Server.WaitForLog(@"MH04\d\d:|MH03\d\d:");
        await StillServes();
    }

    [Theory]
    [InlineData("/misuse/length?set=10&write=5&key=", 200)]
    [InlineData("/misuse/length?set=100000&write=99999&key=", 200)]
    public async Task A_response_that_is_too_short_never_looks_whole(string target, int status)
    {
        var response = await RawConnection.Get(Port, target + Guid.NewGuid().ToString("N"));
        Assert.Equal(status, response.Status);
        Assert.Equal(Ending.Truncated, response.Ending);
        await Server.WaitForLog(@"MH04\d\d:.*(Content-Length|length)|Response Content-Length mismatch");
        await StillServes();
    }

    [Theory]
    [InlineData("/misuse/throw-on-starting", "thrown from OnStarting")]
    [InlineData("/misuse/throw-on-completed", "thrown from OnCompleted")]
    [InlineData("/throw", "thrown before the head")]
    [InlineData("/throw/after-head", "thrown after the head")]
    [InlineData("/throw/unflushed", "thrown with bytes in the pipe")]
    [InlineData("/upgrade/throws", "thrown after the upgrade")]
    public async Task An_exception_is_in_the_error_log(string target, string text)
    {
        await using (var connection = await RawConnection.Open(Port))
        {
            await connection.Send($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
            await Server.WaitForLog(text);
        }

        Assert.Matches(@"MH04\d\d:", Server.NewLog);
        await StillServes();
    }

    [Theory]
    [InlineData("/abort/after-head")]
    [InlineData("/throw/after-head")]
    [InlineData("/throw/after-head-with-length")]
    public async Task A_response_that_is_broken_off_never_looks_whole(string target)
    {
        var response = await RawConnection.Get(Port, target);
        Assert.Equal(Ending.Truncated, response.Ending);
        await StillServes();
    }

    [Fact]
    public async Task Late_reads_and_writes_hurt_nobody()
    {
        foreach (var what in (string[])["late-write", "late-read", "late-context"])
        {
            var key = Guid.NewGuid().ToString("N");
            await using var connection = await RawConnection.Open(Port);
            await connection.Send($"POST /misuse/{what}?key={key} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
            Assert.Equal("in time", (await connection.Read("POST"))!.Text);

            // The connection's next request reuses the exchange; the late call must not reach it. (Under Kestrel it does.)
            await connection.Send("GET /gate/wait?key=" + key + "-next HTTP/1.1\r\nHost: a\r\n\r\n");
            await RawConnection.Get(Port, $"/gate/open?key={key}-go");
            await Counters.Note(Port, key);
            await RawConnection.Get(Port, $"/gate/open?key={key}-next");
            var next = await connection.Read();
            Assert.Equal("passed", next!.Text);
        }
    }

    [Fact]
    public async Task Concurrent_writes_do_not_end_the_worker()
    {
        for (var i = 0; i < 20; i++)
        {
            try
            {
                await RawConnection.Get(Port, "/misuse/concurrent-writes");
            }
            catch (IOException)
            {
                // Whatever the app did to its response, the worker lives.
            }
        }

        await StillServes();
    }

    [Fact]
    public async Task An_unread_body_leaves_the_connection_usable_or_closed()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"POST /body/ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n{new string('x', 200_000)}");
        Assert.Equal("not read", (await connection.Read("POST"))!.Text);
        await connection.Send("GET /respond?body=next HTTP/1.1\r\nHost: a\r\n\r\n");
        var next = await connection.Read();
        Assert.True(next is null || next.Text == "next", next?.ToString());
    }

    private async Task StillServes()
    {
        Assert.Equal("fine", (await RawConnection.Get(Port, "/respond?body=fine")).Text);
    }
}

public sealed class BadInputJitTests(ProbeFixture<Jit> fixture) : BadInputTests<Jit>(fixture);

public sealed class BadInputAotTests(ProbeFixture<Aot> fixture) : BadInputTests<Aot>(fixture);
