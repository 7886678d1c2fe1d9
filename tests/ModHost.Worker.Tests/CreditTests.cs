using ModHost.Protocol;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>The limit on concurrency: what is lent never passes it.</summary>
public sealed class CreditTests
{
    private const string BadState = "MH0651";

    [Fact]
    public void Each_channel_gets_a_part_to_begin_with()
    {
        using var worker = LocalWorker.Start(static _ => Task.CompletedTask, maxConcurrency: 10);

        var credits = Enumerable.Range(0, 6).Select(_ => worker.Open().Worker.Credits).ToArray();

        Assert.Equal([5u, 3u, 1u, 1u, 0u, 0u], credits);
    }

    [Fact]
    public void More_requests_than_credits_are_an_error()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait, maxConcurrency: 2);
        var shim = worker.Open();
        Assert.Equal(1u, shim.Worker.Credits);
        shim.Request("/", slot: 0);

        shim.Request("/", slot: 1);

        shim.ReceiveClose(BadState);
        waits.Open();
    }

    [Fact]
    public void A_credit_is_free_again_when_its_stream_has_ended()
    {
        using var worker = LocalWorker.Start(static _ => Task.CompletedTask, maxConcurrency: 1);
        var shim = worker.Open();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, shim.Get("/").Status);
        }
    }

    [Fact]
    public void Who_wants_gets_what_is_left()
    {
        using var worker = LocalWorker.Start(static _ => Task.CompletedTask, maxConcurrency: 10);
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Want, Value: 3));
        Assert.Equal(3u, shim.Receive(FrameType.Credit).Header.Value);
        shim.Send(new FrameHeader(FrameType.Want, Value: 3));
        Assert.Equal(2u, shim.Receive(FrameType.Credit).Header.Value);
    }

    [Fact]
    public void What_others_hold_is_recalled_and_lent_again()
    {
        using var worker = LocalWorker.Start(static _ => Task.CompletedTask, maxConcurrency: 4);
        var first = worker.Open();
        first.Send(new FrameHeader(FrameType.Want, Value: 9));
        Assert.Equal(2u, first.Receive(FrameType.Credit).Header.Value);
        var second = worker.Open();
        Assert.Equal(0u, second.Worker.Credits);

        second.Send(new FrameHeader(FrameType.Want, Value: 1));
        Assert.Equal(1u, first.Receive(FrameType.Recall).Header.Value);
        first.Send(new FrameHeader(FrameType.Want));
        first.Send(new FrameHeader(FrameType.Return, Value: 1));

        Assert.Equal(1u, second.Receive(FrameType.Credit).Header.Value);
        Assert.Equal(200, second.Get("/").Status);
    }

    [Fact]
    public void An_answer_of_nothing_is_asked_again()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait, maxConcurrency: 1);
        var first = worker.Open();
        var stream = first.Request("/");
        var second = worker.Open();
        second.Send(new FrameHeader(FrameType.Want, Value: 1));
        waits.Open();
        first.ReadAnswer(stream);

        for (var answer = 0u; answer < 2; answer++)
        {
            first.Receive(FrameType.Recall);
            first.Send(new FrameHeader(FrameType.Return, Value: answer));
        }

        Assert.Equal(1u, second.Receive(FrameType.Credit).Header.Value);
    }

    [Fact]
    public void Giving_back_more_than_is_free_is_an_error()
    {
        using var worker = LocalWorker.Start(static _ => Task.CompletedTask, maxConcurrency: 4);
        var shim = worker.Open();

        shim.Send(new FrameHeader(FrameType.Return, Value: 3));

        shim.ReceiveClose(BadState);
    }

    [Theory]
    [InlineData(FrameType.Want)]
    [InlineData(FrameType.Return)]
    public void Without_a_limit_there_are_no_credits(FrameType type)
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        shim.Send(new FrameHeader(type, Value: 1));

        shim.ReceiveClose(BadState);
    }

    [Fact]
    public void What_a_channel_held_comes_back_with_its_end()
    {
        using var waits = new Gate();
        using var worker = LocalWorker.Start(waits.Wait, maxConcurrency: 2);
        var first = worker.Open();
        var stream = first.Request("/");
        LocalWorker.Wait(() => first.Begun.Load(0) == stream, "the request is not begun");
        first.Dispose();

        var second = worker.Open();
        Assert.Equal(1u, second.Worker.Credits);
        second.Send(new FrameHeader(FrameType.Want, Value: 1));
        second.ReceiveNothing();
        waits.Open();

        Assert.Equal(1u, second.ReceiveUntil(FrameType.Credit).Header.Value);
    }
}
