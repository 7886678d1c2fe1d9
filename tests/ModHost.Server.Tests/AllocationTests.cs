using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using ModHost.Server.Tests.InMemoryTransport;
using Xunit.Abstractions;

namespace ModHost.Server.Tests;

public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Requests = 10_000;

    [Fact]
    public async Task The_server_itself_allocates_nothing_for_an_answer_without_hosting()
    {
        await using var server = await MemoryServer.Handle(_ => Task.CompletedTask);
        var bytes = Measure(server, "/", 0);

        output.WriteLine($"empty answer: {bytes} bytes per request");
        Assert.InRange(bytes, 0, 1024);
    }

    [Fact]
    public async Task A_plaintext_request_stays_below_a_kilobyte()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/", () => "Hello, World!"));
        var bytes = Measure(server, "/", 13);

        output.WriteLine($"plaintext: {bytes} bytes per request");
        Assert.InRange(bytes, 0, 1024);
    }

    [Fact]
    public async Task A_Json_request_stays_below_two_kilobytes()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/", () => Results.Json(new[] { 1, 2, 3 })));
        var bytes = Measure(server, "/", 7);

        output.WriteLine($"json: {bytes} bytes per request");
        Assert.InRange(bytes, 0, 2048);
    }

    private long Measure(MemoryServer server, string target, int bodyLength)
    {
        var request = RequestBlock.Get(target).Header("Host", "localhost:8080").Header("User-Agent", "test/1.0")
            .Header("Accept", "*/*").Header("Connection", "keep-alive");
        var transport = new QuietTransport(request.Encode());
        var exchange = server.Server.CreateExchange(transport);
        for (var number = 0; number < Requests; number++)
        {
            exchange.Begin(inline: true);
        }

        var bodies = transport.BodyBytes;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var number = 0; number < Requests; number++)
        {
            exchange.Begin(inline: true);
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Requests;
        output.WriteLine($"{watch.Elapsed.TotalMicroseconds / Requests:F2} µs per request");
        Assert.Equal(2 * Requests, transport.Released);
        Assert.Equal(bodyLength * Requests, transport.BodyBytes - bodies);
        return bytes;
    }
}
