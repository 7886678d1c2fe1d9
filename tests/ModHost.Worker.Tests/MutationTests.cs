using Microsoft.AspNetCore.Http;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>A hostile web server: small lies in what a good one says, the same ones in each run.</summary>
public sealed class MutationTests
{
    private const int Rounds = 400;

    [Fact]
    public void Lies_end_their_channel_and_nothing_else()
    {
        using var worker = LocalWorker.Start(static async context =>
        {
            var buffer = new byte[1000];
            try
            {
                while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0)
                {
                    await context.Response.Body.WriteAsync(buffer);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The web server has gone, as it often does here.
            }
        });
        for (var round = 0; round < Rounds; round++)
        {
            using var shim = worker.Supervisor.OpenChannel();
            var random = new Random(round);
            foreach (var frame in Conversation(shim, random))
            {
                Mutate(frame, random);
                shim.SendBytes(frame);
            }

            // Whatever it says now is good: nobody may be harmed by it.
            while (shim.TryReceive(0) is not null)
            {
            }
        }

        var good = worker.Open();
        Assert.Equal(200, good.Get("/").Status);
    }

    [Fact]
    public void Floods_of_questions_without_reading_do_no_harm()
    {
        using var worker = LocalWorker.Start();
        using (var shim = worker.Supervisor.OpenChannel())
        {
            var ping = new FrameHeader(FrameType.Ping, Value: 5).Frame([]);
            var many = Enumerable.Repeat(ping, 4096).SelectMany(static bytes => bytes).ToArray();
            for (var i = 0; i < 100; i++)
            {
                shim.SendBytes(many);
            }
        }

        Assert.Equal("Hello", worker.Open().Get("/").Text);
    }

    private static IEnumerable<byte[]> Conversation(Shim shim, Random random)
    {
        for (var i = 0; i < 8; i++)
        {
            var stream = shim.Next(random.Next(4));
            yield return new FrameHeader(FrameType.Request, Stream: stream).Frame(
                Shim.Start((random.Next(2) == 0 ? RequestBlock.Get("/") : RequestBlock.Post("/", 100)).Encode()));
            yield return random.Next(5) switch
            {
                0 => new FrameHeader(FrameType.Body, Stream: stream, Flags: 1).Frame(new byte[random.Next(100)]),
                1 => new FrameHeader(FrameType.Sent, Stream: stream, Value: (uint)random.Next(10)).Frame([]),
                2 => new FrameHeader(FrameType.Abort, Stream: stream, Value: (uint)random.Next(8)).Frame([]),
                3 => new FrameHeader(FrameType.Ping).Frame([]),
                _ => new FrameHeader(FrameType.Want, Value: 3).Frame([]),
            };
        }
    }

    private static void Mutate(byte[] frame, Random random)
    {
        if (random.Next(3) == 0)
        {
            var at = random.Next(2) == 0 ? random.Next(16) : random.Next(frame.Length);
            frame[at] = (byte)random.Next(256);
        }
    }
}
