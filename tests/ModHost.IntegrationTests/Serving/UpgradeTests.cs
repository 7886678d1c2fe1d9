using System.Net.WebSockets;
using System.Text;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Upgraded connections and WebSockets.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class UpgradeTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    private const string Offer = " HTTP/1.1\r\nHost: probe.test\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n";

    [Fact]
    public async Task Bytes_go_both_ways_until_FIN()
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /upgrade?key={key}{Offer}");
        Assert.Equal(101, (await connection.ReadHead())!.Status);
        for (var i = 0; i < 10; i++)
        {
            var text = $"message {i} {new string('m', i * 3000)}";
            await connection.Send(text);
            Assert.Equal(text, Encoding.Latin1.GetString(await connection.ReadExactly(text.Length)));
        }

        connection.EndSending();
        Assert.Equal("fin", Encoding.Latin1.GetString(await connection.ReadExactly(3)));
        Assert.True(await connection.IsClosed());
        Assert.Equal("fin", await Counters.Note(Port, key));
    }

    [Fact]
    public async Task Bytes_sent_with_the_offer_are_not_lost()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /upgrade?key={Guid.NewGuid():N}{Offer}early");
        Assert.Equal(101, (await connection.ReadHead())!.Status);
        Assert.Equal("early", Encoding.Latin1.GetString(await connection.ReadExactly(5)));
        connection.EndSending();
        Assert.Equal("fin", Encoding.Latin1.GetString(await connection.ReadExactly(3)));
    }

    [Theory]
    [InlineData("/upgrade/twice", "InvalidOperationException: ")]
    [InlineData("/upgrade/body", "0")]
    [InlineData("/upgrade/response", "InvalidOperationException: ")]
    public async Task Misuse_after_an_upgrade(string path, string outcome)
    {
        var key = Guid.NewGuid().ToString("N");
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET {path}?key={key}{Offer}");
        Assert.Equal(101, (await connection.ReadHead())!.Status);
        Assert.StartsWith(outcome, await Counters.Note(Port, key), StringComparison.Ordinal);
        connection.EndSending();
        await connection.IsClosed();
    }

    [Fact]
    public async Task The_server_may_close_first()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /upgrade/server-closes{Offer}");
        Assert.Equal(101, (await connection.ReadHead())!.Status);
        Assert.Equal("bye", Encoding.Latin1.GetString(await connection.ReadExactly(3)));
        Assert.True(await connection.IsClosed());
    }

    [Fact]
    public async Task An_upgrade_with_a_body_is_no_upgrade()
    {
        var response = await RawConnection.Exchange(Port,
            "POST /upgrade/possible HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\nContent-Length: 3\r\n\r\nabc", "POST");
        Assert.Equal("False", response.Text);
    }

    [Fact]
    public async Task WebSocket_echo_and_close()
    {
        using var socket = await Connect("/ws", "chat");
        Assert.Equal("chat", socket.SubProtocol);
        foreach (var length in (int[])[0, 1, 125, 126, 65535, 65536, 1_000_000])
        {
            var message = new byte[length];
            Array.Fill(message, (byte)'w');
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
            Assert.Equal(message, await Receive(socket));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Equal("done", socket.CloseStatusDescription);
        await Counters.WaitFor(Port, "ws-open", count => count == 0);
    }

    [Fact]
    public async Task WebSocket_both_sides_stream_at_once()
    {
        const int count = 1000;
        using var socket = await Connect($"/ws/both-ways?count={count}&size=2000");
        var send = Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
            {
                await socket.SendAsync(new byte[1500], WebSocketMessageType.Binary, true, CancellationToken.None);
            }
        });
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(2000, (await Receive(socket)).Length);
        }

        await send;
        Assert.Equal("1500000", Encoding.ASCII.GetString(await Receive(socket)));
        await Receive(socket);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    [Fact]
    public async Task WebSocket_closed_by_the_server()
    {
        using var socket = await Connect("/ws/server-closes");
        await Receive(socket);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    [Fact]
    public async Task WebSocket_client_that_vanishes_ends_the_receive()
    {
        var key = Guid.NewGuid().ToString("N");
        var connection = await RawConnection.Open(Port);
        await connection.Send($"GET /ws/wait-abort?key={key} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var head = (await connection.ReadHead())!;
        Assert.Equal(101, head.Status);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head.Header("Sec-WebSocket-Accept"));
        await Counters.Note(Port, key + "-begun");
        connection.Break();
        Assert.Equal("exception", await Counters.Note(Port, key));
    }

    [Fact]
    public async Task WebSockets_over_TLS()
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{Server.Places.TlsPort}/ws"), CancellationToken.None);
        await socket.SendAsync("secure"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal("secure"u8.ToArray(), await Receive(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private async Task<ClientWebSocket> Connect(string path, string? protocol = null)
    {
        var socket = new ClientWebSocket();
        if (protocol is not null)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}{path}"), CancellationToken.None);
        return socket;
    }

    private static async Task<byte[]> Receive(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        using var deadline = new CancellationTokenSource(Wait.Limit);
        var buffer = new byte[65536];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), deadline.Token);
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }
}

public sealed class UpgradeJitTests(ProbeFixture<Jit> fixture) : UpgradeTests<Jit>(fixture);

public sealed class UpgradeAotTests(ProbeFixture<Aot> fixture) : UpgradeTests<Aot>(fixture);
