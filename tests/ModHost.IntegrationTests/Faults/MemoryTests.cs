using System.Text;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Long transfers and slow peers: back-pressure keeps the worker small.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Not", "prefork")]
public abstract class MemoryTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    private const long MiB = 1 << 20;

    private static long Amount => Settings.Count(full: 1024, usual: 128) * MiB;

    [Fact]
    public async Task A_long_download_does_not_grow_the_worker()
    {
        await Download(4 * MiB);
        Assert.InRange(await Growth(() => Download(Amount)), long.MinValue, 32 * 1024);
    }

    [Fact]
    public async Task A_long_upload_does_not_grow_the_worker()
    {
        await Upload(4 * MiB);
        Assert.InRange(await Growth(() => Upload(Amount)), long.MinValue, 32 * 1024);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_the_app_back()
    {
        var before = await Counter("endless-bytes");
        await using (var connection = await RawConnection.Open(Port, receiveBuffer: 8192))
        {
            await connection.Send("GET /endless HTTP/1.1\r\nHost: probe.test\r\n\r\n");
            await connection.ReadHead();
            await Wait.Until("the app has stopped writing", async () =>
            {
                var now = await Counter("endless-bytes");
                await Task.Delay(200);
                return now > before && await Counter("endless-bytes") == now;
            });

            // Socket buffers take some MiB; the exchange itself less than one.
            Assert.InRange(await Counter("endless-bytes") - before, 1, 12 * MiB);
            connection.Break();
        }

        await Wait.Until("the app has ended the download", async () => await Counter("endless-ended") == await Counter("endless-begun"));
    }

    [Fact]
    public async Task An_app_that_does_not_read_holds_the_client_back()
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("POST /gate/wait?key=slow-app HTTP/1.1\r\nHost: probe.test\r\nContent-Length: 100000000\r\n\r\n");
        var piece = new byte[65536];
        long sent = 0;
        while (true)
        {
            var send = connection.Send(piece);
            if (await Task.WhenAny(send, Task.Delay(2000)) != send)
            {
                break;
            }

            // Were it not held back, it would come to the end of its body, or at least past what buffers take.
            sent += piece.Length;
            Assert.InRange(sent, 0, 20 * MiB);
        }

        connection.Break();

        await RawConnection.Get(Port, "/gate/open?key=slow-app");
    }

    /// <summary>KiB by which the worker's peak rose.</summary>
    private async Task<long> Growth(Func<Task> work)
    {
        var worker = Server.Workers.Single();
        await RawConnection.Get(Port, "/runtime/collect");
        ProcFs.ResetPeak(worker);
        var before = ProcFs.StatusKiB(worker, "VmRSS");
        await work();
        return ProcFs.StatusKiB(worker, "VmHWM") - before;
    }

    private async Task Download(long amount)
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("GET /endless HTTP/1.1\r\nHost: probe.test\r\n\r\n");
        await connection.ReadHead();
        for (long got = 0; got < amount;)
        {
            var bytes = await connection.ReadSome();
            Assert.NotEmpty(bytes);
            got += bytes.Length;
        }
    }

    private async Task Upload(long amount)
    {
        await using var connection = await RawConnection.Open(Port);
        await connection.Send("POST /features/max-body HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: chunked\r\n\r\n");
        var piece = Encoding.Latin1.GetBytes($"10000\r\n{new string('u', 65536)}\r\n");
        for (long sent = 0; sent < amount; sent += 65536)
        {
            await connection.Send(piece);
        }

        await connection.Send("0\r\n\r\n");
        Assert.Equal("no exception", (await connection.Read("POST"))!.Text);
    }

    private async Task<long> Counter(string name) => await Counters.Read(Port, name);
}

[Collection(Alone.Name)]
public sealed class MemoryJitTests(ProbeFixture<Jit> fixture) : MemoryTests<Jit>(fixture);

[Collection(Alone.Name)]
public sealed class MemoryAotTests(ProbeFixture<Aot> fixture) : MemoryTests<Aot>(fixture);
