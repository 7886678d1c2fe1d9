namespace ModHost.Supervisor.Groups;

/// <summary>
/// When the next worker may be replaced that was above memory-limit soon after it was ready. One or two may have met a
/// large request; where it goes on, the limit is less than the application needs, and replacing would never end.
/// </summary>
/// <remarks>For the loop's thread only. Times are milliseconds of a monotonic clock.</remarks>
internal sealed class GrowthBackoff
{
    /// <summary>A worker that is above its limit within this time after it was ready has not grown by its work.</summary>
    public const long Settling = 60_000;

    /// <summary>So many one after the other, and the limit is to blame.</summary>
    public const int BlamedAt = 3;

    // Well above the longest delay: what is delayed still counts as one after the other.
    private const long Memory = 300_000;

    private readonly CrashBackoff _backoff = new();
    private long _last;
    private uint _counted;

    /// <summary>No replacement of this kind before.</summary>
    public long NextStart => _backoff.NextStart;

    /// <summary>A worker is replaced that was above its limit so soon.</summary>
    /// <param name="worker">Its number: one whose replacement has to be tried again counts once.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it is time to say so: once for as long as it goes on.</returns>
    public bool Replaced(uint worker, long now)
    {
        if (worker == _counted)
        {
            return false;
        }

        if (now - _last > Memory)
        {
            Reset();
        }

        _counted = worker;
        _last = now;
        _ = _backoff.StartFailed(now);
        return _backoff.Failures == BlamedAt;
    }

    /// <summary>There is another limit, or another application.</summary>
    public void Reset() => _backoff.Reset();
}
