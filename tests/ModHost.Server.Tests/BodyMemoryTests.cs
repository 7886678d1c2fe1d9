using ModHost.Server.Bodies;

namespace ModHost.Server.Tests;

public sealed class BodyMemoryTests
{
    [Fact]
    public async Task A_block_is_used_again_whichever_thread_gave_it_back()
    {
        using var pool = new BodyMemory();
        var first = pool.Rent();
        var second = pool.Rent();

        await Task.Run(first.Dispose);

        Assert.NotSame(first, second);
        Assert.Same(first, pool.Rent());
        Assert.NotSame(second, pool.Rent());
    }

    [Fact]
    public void Memory_has_the_size_of_a_block_and_no_more_can_be_had()
    {
        using var pool = new BodyMemory();

        Assert.Equal(BodyMemory.BlockSize, pool.Rent(1).Memory.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BodyMemory.BlockSize + 1));
    }
}
