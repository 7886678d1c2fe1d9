using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Clients that go away.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class DisconnectTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData("&head", true)]
    [InlineData("&head", false)]
    public async Task Client_disconnect_cancels_RequestAborted(string more, bool reset)
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /wait-abort?key={key}{more} HTTP/1.1\r\nHost: probe.test\r\n\r\n");
        await Counters.Note(Port, key + "-begun");
        if (reset)
        {
            connection.Break();
        }
        else
        {
            await connection.DisposeAsync();
        }

        Assert.Equal("fired", await Counters.Note(Port, key));
    }

    [Fact, Trait("Server", "nginx")]
    public async Task A_disconnect_is_499_in_the_access_log()
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /wait-abort?key={key} HTTP/1.1\r\nHost: probe.test\r\n\r\n");
        await Counters.Note(Port, key + "-begun");
        connection.Break();
        await Wait.Until("the access log has the request", () => Server.AccessLog.Contains(key, StringComparison.Ordinal)
            && Server.AccessLog.Split('\n').Any(line => line.Contains("/wait-abort?key=" + key, StringComparison.Ordinal)
                && line.Contains(" 499 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Writes_after_a_disconnect_succeed()
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /wait-abort/writes?key={key} HTTP/1.1\r\nHost: probe.test\r\n\r\n");
        await Counters.Note(Port, key + "-begun");
        connection.Break();
        Assert.Equal("no exception", await Counters.Note(Port, key));
    }

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\npart")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nff\r\npart")]
    public async Task A_pending_read_throws_when_the_client_goes(string body)
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"POST /wait-abort/reads?key={key} HTTP/1.1\r\nHost: probe.test\r\n{body}");
        await Counters.Note(Port, key + "-begun");
        connection.Break();
        var outcome = await Counters.Note(Port, key);
        Assert.Matches("^(ConnectionResetException|ConnectionAbortedException|BadHttpRequestException|TaskCanceledException|OperationCanceledException): ", outcome);
    }

    [Fact]
    public async Task Random_disconnects_leave_nothing_behind()
    {
        // The same clients in every run; the moments differ all the same.
        var random = new Random(7);
        var before = await Counters.Read(Port, "random-begun");
        var clients = Settings.Count(full: 1000, usual: 50);
        for (var done = 0; done < clients; done += 25)
        {
            await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => Leave(random.Next(), random.Next(0, 30))));
        }

        Assert.True(await Counters.Read(Port, "random-begun") > before);
        await Wait.Until("every exchange has ended, each by RequestAborted", async () =>
            await Counters.Read(Port, "random-ended") == await Counters.Read(Port, "random-begun")
            && await Counters.Read(Port, "random-fired") == await Counters.Read(Port, "random-begun"));
        await Counters.WaitFor(Port, "in-flight", count => count == 0);
    }

    private async Task Leave(int kind, int milliseconds)
    {
        await using var connection = await RawConnection.Open(Port);
        var body = (kind % 3) switch
        {
            0 => "\r\n",
            1 => "Content-Length: 100000\r\n\r\nsome",
            _ => "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        };
        var request = $"POST /wait-abort/random?size={kind % 20000} HTTP/1.1\r\nHost: probe.test\r\n{body}";

        // Some leave in the middle of their own request head.
        await connection.Send(kind % 7 == 0 ? request[..(request.Length / 2)] : request);
        await Task.Delay(milliseconds);
        if (kind % 2 == 0)
        {
            connection.Break();
        }
    }
}

public sealed class DisconnectJitTests(ProbeFixture<Jit> fixture) : DisconnectTests<Jit>(fixture);

public sealed class DisconnectAotTests(ProbeFixture<Aot> fixture) : DisconnectTests<Aot>(fixture);
