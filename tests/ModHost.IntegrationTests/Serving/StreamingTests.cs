using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Bytes that must not wait for other bytes, in both directions.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class StreamingTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    [Fact]
    public async Task An_event_arrives_before_the_next_is_made()
    {
        var gate = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /sse?count=3&gate={gate} HTTP/1.1\r\nHost: a\r\n\r\n");
        for (var i = 0; i < 3; i++)
        {
            await connection.ReadUntil($"data: event {i}\n");
            await RawConnection.Get(Port, $"/gate/open?key={gate}-{i}");
        }

        await connection.ReadUntil("0\r\n\r\n");
    }

    [Fact]
    public async Task Full_duplex_each_line_is_answered_before_the_next_is_sent()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("POST /step HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await connection.ReadUntil("\r\n\r\n");
        for (var i = 0; i < 20; i++)
        {
            var line = $"line {i}\n";
            await connection.Send($"{line.Length:x}\r\n{line}\r\n");
            await connection.ReadUntil($"got line {i}\n");
        }

        await connection.Send("0\r\n\r\n");
        await connection.ReadUntil("0\r\n\r\n");
    }

    [Fact]
    public async Task Continue_goes_out_when_the_app_first_reads()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("POST /echo/buffered HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await connection.ReadHead())!.Status);
        await connection.Send("hello");
        Assert.Equal("hello", (await connection.Read("POST"))!.Text);
    }

    [Fact]
    public async Task No_Continue_when_the_app_does_not_read()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("POST /body/ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(200, (await connection.ReadHead())!.Status);
    }

    [Fact]
    public async Task CompleteAsync_ends_the_response_while_the_handler_goes_on()
    {
        var gate = Guid.NewGuid().ToString("N");
        var response = await RawConnection.Get(Port, $"/complete-async?gate={gate}");
        Assert.Equal("complete", response.Text);
        await RawConnection.Get(Port, $"/gate/open?key={gate}");
        Assert.Equal("after", await Counters.Note(Port, gate + "-after"));
    }

    [Theory]
    [InlineData(100_000_000)]
    public async Task A_large_response_is_whole(long length)
    {
        var response = await RawConnection.Get(Port, $"/bytes?n={length}");
        Assert.Equal(length, response.Body.LongLength);
        Assert.True(IsPattern(response.Body));
    }

    [Fact]
    public async Task A_slow_reader_gets_everything()
    {
        await using var connection = await RawConnection.Open(Port, receiveBuffer: 4096);
        await connection.Send("GET /bytes?n=3000000&chunked=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var response = (await connection.ReadHead())!;
        await Wait.Until("the web server has more than the client takes", () => ProcFs.UnsentBytes(Port, connection.LocalPort) > 0);
        await connection.ReadBody(response);
        Assert.Equal(3_000_000, response.Body.Length);
        Assert.True(IsPattern(response.Body));
    }

    [Fact]
    public async Task A_file_is_sent_whole_and_in_parts()
    {
        var path = Path.Combine(Server.Places.Static, "file.bin");
        var content = new byte[2_000_000];
        for (var i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(i % 251);
        }

        await File.WriteAllBytesAsync(path, content);
        Assert.Equal(content, (await RawConnection.Get(Port, "/file?path=" + path)).Body);
        Assert.Equal(content, (await RawConnection.Get(Port, $"/file?path={path}&length={content.Length}")).Body);
        Assert.Equal(content[1000..1500], (await RawConnection.Get(Port, $"/file?path={path}&offset=1000&count=500")).Body);
        Assert.Equal(content[1999_990..], (await RawConnection.Get(Port, $"/file?path={path}&offset=1999990")).Body);
        Assert.Equal(content, (await RawConnection.Get(Port, "/file/deleted?path=" + path)).Body);

        var small = Path.Combine(Server.Places.Static, "small.txt");
        await File.WriteAllTextAsync(small, "small");
        Assert.Equal("head small middle small tail", (await RawConnection.Get(Port, "/file/twice?path=" + small)).Text);
    }

    [Theory]
    [InlineData("&offset=-1&count=1", "ArgumentOutOfRangeException")]
    [InlineData("&offset=0&count=100", "ArgumentOutOfRangeException")]
    [InlineData(".missing&offset=0&count=1", "IOException: FileNotFoundException")]
    public async Task A_file_that_cannot_be_sent_throws(string more, string outcome)
    {
        var path = Path.Combine(Server.Places.Static, "hello.txt");
        Assert.StartsWith(outcome, (await RawConnection.Get(Port, $"/file/error?path={path}{more}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send(string.Concat(Enumerable.Range(0, 50).Select(i => $"GET /respond?body=number-{i} HTTP/1.1\r\nHost: a\r\n\r\n")));
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"number-{i}", (await connection.Read())!.Text);
        }
    }

    private static bool IsPattern(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != (byte)(i % 251))
            {
                return false;
            }
        }

        return true;
    }
}

public sealed class StreamingJitTests(ProbeFixture<Jit> fixture) : StreamingTests<Jit>(fixture);

public sealed class StreamingAotTests(ProbeFixture<Aot> fixture) : StreamingTests<Aot>(fixture);
