using System.Net;
using System.Net.Sockets;
using System.Text;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>Connections that are open for long and in large numbers, on one worker.</summary>
[Trait("Mode", "daemon"), Trait("Not", "prefork")]
[Collection(Alone.Name)]
public sealed class ManyConnectionsTests
{
    // Each takes a thread of Apache's.
    private static readonly int s_sockets = Settings.Count(full: Settings.Server == ServerKind.Nginx ? 10000 : 1000, usual: 500);
    private static readonly int s_streams = Settings.Count(full: Settings.Server == ServerKind.Nginx ? 2000 : 200, usual: 100);
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(Settings.Count(full: 60, usual: 3));

    [SkippableFact]
    public async Task Idle_WebSockets_and_event_streams_stay_alive()
    {
        // Each takes a descriptor here and one in the server, which raises its own limit no further than this one.
        Skip.If(ProcFs.MostDescriptors < s_sockets + s_streams + 1000, "The limit on open files is too low.");
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with
        {
            Connections = s_sockets + s_streams + 1000,
            Threads = s_sockets + s_streams + 100,
            Groups = "processes=1",
        }, "/empty");
        var sockets = new List<Socket>();
        var streams = new List<Socket>();
        try
        {
            for (var i = 0; i < s_sockets; i++)
            {
                sockets.Add(await Open(server.Port, "GET /ws HTTP/1.1\r\nHost: probe.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "HTTP/1.1 101 "));
            }

            for (var i = 0; i < s_streams; i++)
            {
                streams.Add(await Open(server.Port, "GET /sse?count=2&gate=many HTTP/1.1\r\nHost: probe.test\r\n\r\n", "HTTP/1.1 200 "));
            }

            // The time is what is tested: they must still be there after it.
            await Task.Delay(s_time);
            foreach (var socket in sockets)
            {
                // A masked text frame, "hi", and the echo.
                await socket.SendAsync((byte[])[0x81, 0x82, 0, 0, 0, 0, (byte)'h', (byte)'i']);
                Assert.Equal([0x81, 2, (byte)'h', (byte)'i'], await Receive(socket, 4));
            }

            // What is there so far is the first event; the second comes when the gate opens.
            await RawConnection.Get(server.Port, "/gate/open?key=many-0");
            foreach (var stream in streams)
            {
                await Until(stream, "data: event 1\n");
            }

            Assert.Equal(200, (await RawConnection.Get(server.Port, "/empty")).Status);
        }
        finally
        {
            foreach (var socket in sockets.Concat(streams))
            {
                socket.Dispose();
            }
        }

        await Counters.WaitFor(server.Port, "in-flight", count => count == 0);
        await server.CheckSane();
    }

    private static async Task<Socket> Open(int port, string request, string begins)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await Receive(socket, 1))[0]);
        }

        Assert.StartsWith(begins, head.ToString(), StringComparison.Ordinal);
        return socket;
    }

    private static async Task Until(Socket socket, string text)
    {
        var seen = new StringBuilder();
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            seen.Append((char)(await Receive(socket, 1))[0]);
        }
    }

    private static async Task<byte[]> Receive(Socket socket, int count)
    {
        var bytes = new byte[count];
        using var limit = new CancellationTokenSource(Wait.Limit);
        for (var have = 0; have < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(have), limit.Token);
            Assert.True(read > 0, "The connection was closed.");
            have += read;
        }

        return bytes;
    }
}
