using System.Diagnostics;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>
/// Tests wait for a condition; the limit only says when to give up, and is long: the machine may have other things to do.
/// </summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    // A machine, or a test, that was suspended has not waited. Conditions that are slow by themselves look the same.
    private const int Pauses = 3;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    public static Task Until(string what, Func<bool> condition, TimeSpan? limit = null) =>
        Until(what, () => Task.FromResult(condition()), limit);

    public static async Task Until(string what, Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        var (until, last) = (limit ?? Limit, TimeSpan.Zero);
        for (var pauses = 0; !await condition(); last = watch.Elapsed)
        {
            if (watch.Elapsed - last > s_pause && pauses++ < Pauses)
            {
                until += watch.Elapsed - last;
            }

            if (watch.Elapsed > until)
            {
                throw new TimeoutException($"Still not true after {watch.Elapsed.TotalSeconds:F0} s: {what}");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Repeats a reading until it satisfies, and tells the last one if it never does.</summary>
    public static async Task<T> For<T>(string what, Func<Task<T>> read, Func<T, bool> satisfied, TimeSpan? limit = null)
    {
        T last = default!;
        try
        {
            await Until(what, async () => satisfied(last = await read()), limit);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}; last: {last}", error);
        }

        return last;
    }
}
