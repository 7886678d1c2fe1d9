using System.Globalization;
using ModHost.Posix;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor;

/// <content>The watchdog, and the one that takes its place when it dies.</content>
internal sealed partial class Daemon : IWatchdogObserver
{
    private const string Program = "modhost-watchdog";

    // Between two watchdogs that are started.
    private const long WatchdogPause = 1_000;

    private long _watchdogDue = long.MaxValue;
    private long _watchdogStarted = long.MinValue / 2;
    private ChildWatch? _watchdogProcess;

    void IWatchdogObserver.Exited(int pid, ChildExit exit) => TakeExit(pid, exit);

    void IWatchdogObserver.Shutdown() => Stop();

    void IWatchdogObserver.WatchdogLost(string? reason)
    {
        if (IsDone)
        {
            return;
        }

        if (reason is not null)
        {
            // It lives, and ends this process for that. Two watchdogs would be two supervisors.
            Log(LogLevel.Error, Errors.WatchdogLost,
                $"the connection to the watchdog broke: {reason}; it starts another supervisor");
            IsDone = true;
            return;
        }

        Log(LogLevel.Error, Errors.WatchdogLost, "the watchdog has ended; another one is started");
        _watchdogDue = Math.Max(EventLoop.Now, _watchdogStarted + WatchdogPause);
    }

    /// <summary>Somebody starts another supervisor where this one ends.</summary>
    public bool HasWatchdog => _watchdog is { IsComplete: true };

    /// <summary>Ends, and leaves all that it has to the program that is installed now.</summary>
    public void MakeWay()
    {
        Log(LogLevel.Notice, Errors.None, "this supervisor makes way for another one, as it was asked to");
        IsDone = true;
    }

    private long StepWatchdog(long now)
    {
        if (now < _watchdogDue || _watchdog is not { IsComplete: true } link)
        {
            return _watchdogDue;
        }

        _watchdogStarted = now;
        _watchdogDue = long.MaxValue;
        try
        {
            StartWatchdog(link);
        }
        catch (IOException exception)
        {
            _watchdogDue = now + WatchdogPause;
            Log(LogLevel.Error, Errors.WatchdogLost, $"the watchdog cannot be started: {exception.Message}");
        }

        return _watchdogDue;
    }

    private void StartWatchdog(WatchdogLink link)
    {
        var (own, other) = UnixSocket.Pair();
        using (other)
        using (var nothing = OpenNothing())
        using (var errors = new Descriptor(2, owns: false))
        {
            var path = Path.Combine(_configuration.ManagedDirectory, Program);
            var pid = ChildProcess.Start(path,
                [path, "--supervisor", OwnProgram(), "--instance", _place.Directory, "--adopt-fd", "3"],
                InheritedEnvironment(), [nothing, errors, errors, other], session: true);
            _watchdogProcess?.Dispose();
            _watchdogProcess = new ChildWatch(_loop, ChildProcess.Open(pid));
            link.Replace(own);
            Log(LogLevel.Notice, Errors.None,
                string.Create(CultureInfo.InvariantCulture, $"watchdog {pid} has everything that is kept"));
        }
    }

    // A program that was replaced by an upgrade is found at the same place.
    private static string OwnProgram()
    {
        const string Deleted = " (deleted)";
        var path = Environment.ProcessPath ?? "modhostd";
        return path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
    }

    private static List<string> InheritedEnvironment()
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{entry.Key}={entry.Value}");
        }

        return variables;
    }
}
