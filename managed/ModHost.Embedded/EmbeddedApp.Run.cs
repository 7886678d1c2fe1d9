using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using ModHost.Abi;

namespace ModHost.Embedded;

/// <summary>The application's main thread.</summary>
internal sealed partial class EmbeddedApp
{
    // What a main thread has where nobody has set another limit.
    private const int StackSize = 8 << 20;

    // Programs whose start passed its time-out and whose Main still runs. One such attempt is enough: each has a
    // thread and assemblies that nobody can take away.
    private static readonly ConcurrentDictionary<string, EmbeddedApp> s_hanging = new();

    private readonly Lock _startGate = new();
    private Timer? _startTimer;
    private StartScope? _scope;
    private bool _startOver;

    /// <summary>It is this application's turn to start. Returns at once.</summary>
    public void Start()
    {
        if (StopBeforeReady())
        {
            EndStart();
            return;
        }

        if (s_hanging.ContainsKey(settings.Path))
        {
            MoveTo(Modhost.MODHOST_APP_FAILED, Errors.StartTimeout, $"an earlier start of {Name} has still not ended");
            EndStart();
            return;
        }

        if (settings.StartupTimeout > TimeSpan.Zero)
        {
            _startTimer = new Timer(static self => ((EmbeddedApp)self!).StartTimedOut(), this, settings.StartupTimeout,
                Timeout.InfiniteTimeSpan);
        }

        new Thread(Run, StackSize) { Name = $"{Name} Main", IsBackground = true }.UnsafeStart();
    }

    private void Run()
    {
        Assembly? program = null;
        try
        {
            Enter(AppRegistry.HasOnly(settings.Path));
            _scope = StartScope.Enter(settings);
            Program = program = AppProgram.Load(settings);
            StartScope.SetEntryAssembly(program);

            // What the application loads by name comes from its own folder.
            using (AppProgram.EnterReflection(program))
            {
                RequestContext = ExecutionContext.Capture();
                MainReturned(AppProgram.Invoke(program));
            }
        }
        catch (AppLoadException exception)
        {
            MoveTo(Modhost.MODHOST_APP_FAILED, exception.Tag, exception.Message);
        }
        catch (Exception exception)
        {
            MainThrew(exception);
        }
        finally
        {
            s_hanging.TryRemove(new(settings.Path, this));
            if (program is not null && HasFailed)
            {
                AppProgram.Keep(settings, program);
            }

            EndStart();
        }
    }

    private void StartTimedOut()
    {
        s_hanging[settings.Path] = this;
        var seconds = settings.StartupTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        if (MoveTo(Modhost.MODHOST_APP_FAILED, Errors.StartTimeout,
            $"{Name} has not started within {seconds} s (modhost_startup_timeout)"))
        {
            EndStart();
        }
        else
        {
            s_hanging.TryRemove(new(settings.Path, this));
        }
    }

    /// <summary>The next application may start.</summary>
    private void EndStart()
    {
        lock (_startGate)
        {
            if (_startOver)
            {
                return;
            }

            _startOver = true;
            _startTimer?.Dispose();
            _scope?.Dispose();
        }

        AppRegistry.StartIsOver();
    }

    /// <summary>Whether the web server has lost interest before the host had started.</summary>
    private bool StopBeforeReady() => StopRequested && !IsReady && MoveTo(Modhost.MODHOST_APP_STOPPED);

    private void MainReturned(int exitCode)
    {
        if (StopBeforeReady() || MoveTo(Modhost.MODHOST_APP_FAILED, Errors.NoHost,
            $"Main of {Name} returned {exitCode} and had not started a web host"))
        {
            return;
        }

        if (MoveTo(Modhost.MODHOST_APP_STOPPING, Errors.MainEnded,
            $"Main of {Name} returned {exitCode} while its host was running"))
        {
            // What is in flight has nobody to wait for it.
            RequestStop();
        }

        MoveTo(Modhost.MODHOST_APP_STOPPED, StopRequested ? null : Errors.MainEnded,
            StopRequested ? null : $"{Name} has stopped by itself; Main returned {exitCode}");
    }

    private void MainThrew(Exception exception)
    {
        var text = $"{Name} failed to start: {exception}";
        if (StopBeforeReady() || MoveTo(Modhost.MODHOST_APP_FAILED, Errors.StartFailed, text))
        {
            return;
        }

        MoveTo(Modhost.MODHOST_APP_STOPPING);
        if (!MoveTo(Modhost.MODHOST_APP_STOPPED, Errors.MainFailed, $"Main of {Name} failed: {exception}"))
        {
            // After the start-up timeout; what it had waited for is still worth knowing.
            Log(Modhost.MODHOST_LOG_ERROR, "ModHost.Embedded", $"{Errors.StartFailed}: {text}");
        }
    }
}
