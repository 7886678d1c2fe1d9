using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>Requests through the function table, to a real application.</summary>
[Collection("runtime")]
public sealed class ExchangeTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(Modhost.MODHOST_EXCHANGE_INLINE)]
    public void Application_answers_and_the_exchange_is_used_again(uint flags)
    {
        using var app = RunningApp.Start("answers");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var exchange = new FakeExchange(app.Number);
        for (var i = 0; i < 3; i++)
        {
            exchange.Begin("/hello", flags);
            RunningApp.Wait(() => exchange.Released, () => $"no answer; reset {exchange.ResetReason}");
            Assert.Equal(200, exchange.Status);
            Assert.Equal("Hello, /hello", exchange.Body);
            Assert.True(exchange.Ended);
        }

        exchange.Forget();
        Assert.Equal(0, FakeExchange.LiveBlocks);
    }

    [Fact]
    public void Piece_larger_than_a_block_arrives_whole()
    {
        using var app = RunningApp.Start("answers");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var exchange = new FakeExchange(app.Number);
        exchange.Begin("/large");
        RunningApp.Wait(() => exchange.Released, () => $"no answer; reset {exchange.ResetReason}");
        Assert.Equal(3 << 20, exchange.Body.Length);
        Assert.Equal(0, FakeExchange.LiveBlocks);
    }

    [Fact]
    public void Request_output_belongs_to_its_application()
    {
        using var first = RunningApp.Start("answers");
        using var second = RunningApp.Start("answers");
        first.WaitForState(Modhost.MODHOST_APP_READY);
        second.WaitForState(Modhost.MODHOST_APP_READY);
        var exchange = new FakeExchange(first.Number);
        exchange.Begin("/says");
        RunningApp.Wait(() => exchange.Released, () => "no answer");
        Assert.Contains(first.Lines, line => line is { Category: "stdout", Text: "asked for /says" });
        Assert.DoesNotContain(second.Lines, line => line.Text == "asked for /says");
    }

    [Fact]
    public void Exchange_for_an_unknown_application_is_reset()
    {
        var exchange = new FakeExchange(999);
        exchange.Begin("/");
        Assert.True(exchange.Released);
        Assert.Equal((uint)Modhost.MODHOST_RESET_APP, exchange.ResetReason);
        exchange.Forget();
    }
}
