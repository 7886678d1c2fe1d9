using System.Diagnostics;
using ModHost.Worker.Exchanges;

namespace ModHost.Worker.Tests;

public class RequestTimesTests
{
    [Fact]
    public void Median_and_99th_percentile_are_right_to_an_eighth_and_what_is_old_fades()
    {
        var times = new RequestTimes();
        for (var i = 0; i < 98; i++)
        {
            times.Add(Ago(2_000));
        }

        times.Add(Ago(900_000));
        times.Add(Ago(900_000));

        var (median, percentile) = times.TakeLook();
        Assert.InRange(median, 1_700u, 3_500u);
        Assert.InRange(percentile, 780_000u, 1_100_000u);
        for (var i = 0; i < 10; i++)
        {
            times.TakeLook();
        }

        Assert.Equal((0u, 0u), times.TakeLook());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(4u)]
    [InlineData(7u)]
    [InlineData(8u)]
    [InlineData(1_000u)]
    [InlineData(uint.MaxValue)]
    public void Classes_follow_each_other_without_a_gap(uint microseconds)
    {
        var number = RequestTimes.ClassOf(microseconds);

        Assert.InRange(number, 0, 127);
        Assert.True(microseconds == uint.MaxValue || RequestTimes.ClassOf(microseconds + 1) - number is 0 or 1);
    }

    private static long Ago(long microseconds) => Stopwatch.GetTimestamp() - (microseconds * Stopwatch.Frequency / 1_000_000);
}
