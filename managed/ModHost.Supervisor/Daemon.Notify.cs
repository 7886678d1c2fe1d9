using System.Globalization;
using ModHost.Posix;

namespace ModHost.Supervisor;

/// <content>A service manager, for a supervisor that runs alone.</content>
internal sealed partial class Daemon
{
    private string? _notify;
    private long _notifyInterval = long.MaxValue;
    private long _notifyDue = long.MaxValue;

    private void BeginNotify()
    {
        _notify = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (_notify is null)
        {
            return;
        }

        Notify("READY=1");
        var pid = Environment.GetEnvironmentVariable("WATCHDOG_PID");
        if ((pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None,
                CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0)
        {
            // Twice in the time that the manager allows.
            _notifyInterval = Math.Max(1, microseconds / 2000);
            _notifyDue = 0;
        }
    }

    private long StepNotify(long now)
    {
        if (now >= _notifyDue)
        {
            Notify("WATCHDOG=1");
            _notifyDue = now + _notifyInterval;
        }

        return _notifyDue;
    }

    private void Notify(string message)
    {
        if (_notify is null)
        {
            return;
        }

        try
        {
            NotifySocket.Send(_notify, message);
        }
        catch (PosixException exception)
        {
            Log(LogLevel.Warning, Errors.None, $"the service manager cannot be told: {exception.Message}");
        }
    }
}
