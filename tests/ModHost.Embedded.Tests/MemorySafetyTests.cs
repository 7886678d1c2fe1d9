using ModHost.Abi;
using ModHost.Server.Transport;

namespace ModHost.Embedded.Tests;

/// <summary>Memory that is the web server's again is refused with an exception, and nothing is lost.</summary>
[Collection("runtime")]
public sealed unsafe class MemorySafetyTests
{
    private readonly BlockPool _pool = new();

    public MemorySafetyTests() => Assert.NotEqual(0, (nint)FakeServer.Table);

    [Fact]
    public void Memory_of_a_block_that_was_sent_is_refused()
    {
        var block = _pool.Rent(0);
        var memory = block.Memory;
        memory.Span[0] = 1;
        FakeNative.FreeBlocks(_pool.Detach(block));

        Assert.Throws<ObjectDisposedException>(() => memory.Span[0] = 2);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.True(block.Memory.IsEmpty);
    }

    [Fact]
    public void Block_that_is_given_away_twice_is_refused()
    {
        var block = _pool.Rent(0);
        FakeNative.FreeBlocks(_pool.Detach(block));
        Assert.Throws<ObjectDisposedException>(() => _ = (nint)_pool.Detach(block));
    }

    [Fact]
    public void Chain_keeps_its_order_and_lengths_over_the_boundary()
    {
        var first = _pool.Rent(0);
        var second = _pool.Rent(3 << 20);
        var third = _pool.Rent(10_000);
        first.Length = 5;
        second.Length = (2 << 20) + 1;
        third.Length = 7;
        first.Next = second;
        second.Next = third;

        var chain = _pool.Detach(first);
        var lengths = new List<uint>();
        for (var block = chain; block is not null; block = block->next)
        {
            lengths.Add(block->length);
        }

        FakeNative.FreeBlocks(chain);
        Assert.Equal([5u, 1u << 20, 1u << 20, 1u, 7u], lengths);
    }

    [Fact]
    public void Length_beyond_the_block_is_cut_to_it()
    {
        var block = _pool.Rent(0);
        block.Length = int.MaxValue;
        var native = _pool.Detach(block);
        Assert.Equal(native->capacity, native->length);
        FakeNative.FreeBlocks(native);
    }

    [Fact]
    public void Exchange_that_was_released_refuses_every_call_and_keeps_no_block()
    {
        using var app = RunningApp.Start("answers");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var fake = new FakeExchange(app.Number);
        fake.Begin("/");
        RunningApp.Wait(() => fake.Released, () => "no answer");

        var exchange = EmbeddedExchange.Of(fake.Native)!;
        var before = FakeExchange.LiveBlocks;
        Assert.Throws<ObjectDisposedException>(() => exchange.Head.Length);
        Assert.Throws<ObjectDisposedException>(() => exchange.ResponseHead.Length);
        Assert.Throws<ObjectDisposedException>(() => exchange.RentBlock(0));
        Assert.Throws<ObjectDisposedException>(() => exchange.Read(1));
        Assert.Throws<ObjectDisposedException>(() => exchange.Reset(ResetReason.App));
        Assert.Throws<ObjectDisposedException>(exchange.Release);
        Assert.Throws<ObjectDisposedException>(() => exchange.Send(new ResponseSend { Blocks = _pool.Rent(0) }));
        Assert.Equal(before, FakeExchange.LiveBlocks);
        fake.Forget();
    }
}
