namespace ModHost.Supervisor.Groups;

/// <summary>
/// When the next process of a group may be started after others have failed. A worker that dies after it has served
/// is replaced at once, unless that happens again and again; starts that fail are tried ever more rarely.
/// </summary>
internal sealed class CrashBackoff
{
    /// <summary>Failures in a row, or crashes in <see cref="Window"/>, from which on the breaker is open.</summary>
    public const int BreakerAt = 5;

    /// <summary>Crashes are counted within this time.</summary>
    public const long Window = 60_000;

    private const long FirstDelay = 500;
    private const long LongestStartDelay = 30_000;
    private const long LongestCrashDelay = 10_000;
    private const int FreeCrashes = 3;

    private readonly Queue<long> _crashes = [];

    /// <summary>Failed starts since a worker was last ready; those of one batch count once.</summary>
    public int Failures { get; private set; }

    /// <summary>Not before this.</summary>
    public long NextStart { get; private set; }

    public bool IsOpen => Failures >= BreakerAt || _crashes.Count >= BreakerAt;

    /// <summary>A worker ended before it was ready.</summary>
    /// <returns>The delay.</returns>
    public long StartFailed(long now)
    {
        if (Failures == 0 || now >= NextStart)
        {
            Failures++;
            NextStart = now + Math.Min(LongestStartDelay, FirstDelay << Math.Min(Failures - 1, 10));
        }

        return NextStart - now;
    }

    /// <summary>A worker ended that had been ready.</summary>
    /// <returns>The delay.</returns>
    public long Crashed(long now)
    {
        Forget(now);
        _crashes.Enqueue(now);
        var beyond = _crashes.Count - FreeCrashes;
        var delay = beyond <= 0 ? 0 : Math.Min(LongestCrashDelay, FirstDelay << Math.Min(beyond - 1, 10));
        NextStart = Math.Max(NextStart, now + delay);
        return NextStart - now;
    }

    /// <summary>A worker is ready: starts work.</summary>
    public void Succeeded(long now)
    {
        Failures = 0;
        Forget(now);
    }

    /// <summary>Something has changed from outside: begin anew.</summary>
    public void Reset()
    {
        Failures = 0;
        NextStart = 0;
        _crashes.Clear();
    }

    private void Forget(long now)
    {
        while (_crashes.TryPeek(out var first) && now - first >= Window)
        {
            _crashes.Dequeue();
        }
    }
}
