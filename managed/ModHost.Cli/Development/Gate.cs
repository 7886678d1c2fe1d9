using ModHost.Cli.Configuration;

namespace ModHost.Cli.Development;

/// <summary>
/// Closed from the first change that is noticed until the version with it serves, or is known not to. Requests that arrive
/// meanwhile wait: the web server asks for the file, and where it is, at a socket where the answer comes with the opening.
/// </summary>
/// <param name="limit">Default: <see cref="DevelopmentPlan.LongestWait"/>.</param>
internal sealed class Gate(string file, TimeSpan? limit = null)
{
    // A build that hangs is no reason to keep everything else from what does serve.
    private readonly TimeSpan _most = limit ?? TimeSpan.FromSeconds(DevelopmentPlan.LongestWait);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _opening;
    private DateTime _closed;
    private bool _ended;

    // Changes have not come to an end for so long that nobody waits for that any more.
    private bool _givenUp;

    public string File => file;

    /// <summary>Ends when it is open.</summary>
    public Task Opened
    {
        get
        {
            lock (_lock)
            {
                return _opening?.Task ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>Something has changed. Any thread.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (!_ended && !_givenUp && _opening is null)
            {
                _closed = DateTime.UtcNow;
                _opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Try(() => System.IO.File.WriteAllText(file, ""));
            }
        }
    }

    /// <summary>
    /// Opens it where nothing is under way, or where that takes too long: then it stays open until nothing has been.
    /// </summary>
    /// <param name="isSettled">Asked under the lock: a change that it does not know of yet closes the gate again.</param>
    /// <returns>It took too long.</returns>
    public bool Open(Func<bool> isSettled)
    {
        lock (_lock)
        {
            if (_opening is null && !_givenUp)
            {
                return false;
            }

            var settled = isSettled();
            _givenUp &= !settled;
            if (_opening is not { } opening || (!settled && DateTime.UtcNow - _closed <= _most))
            {
                return false;
            }

            Try(() => System.IO.File.Delete(file));
            _opening = null;
            _givenUp = !settled;
            opening.SetResult();
            return _givenUp;
        }
    }

    /// <summary>Opens it for good. Any thread.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            _ = Open(() => true);
        }
    }

    // Without the file nobody waits, and where it stays everybody asks and is let through at once.
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A disk is full, or the folder gone; requests are answered all the same.
        }
    }
}
