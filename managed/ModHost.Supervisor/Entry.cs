using ModHost.Posix;
using ModHost.Supervisor.Logging;

namespace ModHost.Supervisor;

/// <summary>Runs a supervisor from its beginning to its end.</summary>
internal static class Entry
{
    private const int WatchdogDescriptor = 3;
    private const int Failed = 1;

    public static int Run(Arguments arguments)
    {
        using var daemon = new Daemon(arguments.Place());
        try
        {
            if (arguments.Configuration is null)
            {
                var watchdog = new Descriptor(WatchdogDescriptor);
                watchdog.SetCloseOnExec(true);
                watchdog.SetNonBlocking(true);
                daemon.Begin(watchdog);
            }
            else
            {
                daemon.BeginAlone();
            }
        }
        catch (Exception exception) when (exception is IOException or FormatException or UnauthorizedAccessException)
        {
            var reason = Logs.Tagged(
                exception is FormatException ? Errors.Configuration : Errors.Instance, exception.Message);
            daemon.Logs.Write(LogLevel.Critical, Errors.None, reason);
            daemon.Fail(reason);
            return Failed;
        }

        return Serve(daemon);
    }

    // What nobody expected ends this process, and its successor takes over what runs. It says why.
    private static int Serve(Daemon daemon)
    {
        try
        {
            while (!daemon.IsDone)
            {
                daemon.Turn();
            }

            return 0;
        }
        catch (Exception exception)
        {
            daemon.Logs.Write(LogLevel.Critical, Errors.Internal, exception.ToString());
            return Failed;
        }
    }
}
