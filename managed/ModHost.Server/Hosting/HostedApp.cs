using Microsoft.Extensions.Hosting;

namespace ModHost.Server.Hosting;

/// <summary>
/// One application of this process, as the hooks see it that make an unmodified application use ModHost's server.
/// </summary>
/// <remarks>
/// An <see cref="AsyncLocal{T}"/> says whose code is running: it is set on the application's main thread before its
/// <c>Main</c> and flows from there to its host, its background services and, through
/// <see cref="IServerConnection.RequestContext"/>, to its requests.
/// </remarks>
public abstract class HostedApp
{
    private static readonly AsyncLocal<HostedApp?> s_current = new();
    private static HostedApp? s_only;

    private readonly Lock _gate = new();
    private readonly List<IHostApplicationLifetime> _lifetimes = [];
    private readonly List<HostOptions> _options = [];
    private IHostApplicationLifetime? _served;
    private int _started;
    private volatile bool _stopRequested;
    private TimeSpan _stopLimit;

    /// <summary>
    /// The application whose code is running: the one that the context names, else the process's only one, else
    /// <see langword="null"/>. Any thread.
    /// </summary>
    public static HostedApp? Current => s_current.Value ?? Volatile.Read(ref s_only);

    /// <summary>For logs.</summary>
    public abstract string Name { get; }

    /// <summary>The folder that holds the application, absolute.</summary>
    public abstract string ContentRoot { get; }

    /// <summary>A private folder that outlives the process, or <see langword="null"/>.</summary>
    public abstract string? StateDirectory { get; }

    /// <summary>How long the host may take to stop; zero: as the application says.</summary>
    public abstract TimeSpan ShutdownTimeout { get; }

    /// <summary>The web server.</summary>
    public abstract IServerConnection Connection { get; }

    /// <summary>Whether the web server asked for the stop. Any thread.</summary>
    public bool StopRequested => _stopRequested;

    /// <summary>
    /// Makes this the application of everything that the calling thread starts from here on.
    /// </summary>
    /// <param name="only">No other application runs here: code without a context is this one's too.</param>
    public void Enter(bool only)
    {
        s_current.Value = this;
        Volatile.Write(ref s_only, only ? this : null);
    }

    /// <summary>
    /// Makes this the application of the whole process, whatever a context says: its requests need none then.
    /// </summary>
    public void EnterProcess() => Volatile.Write(ref s_only, this);

    /// <summary>
    /// Asks the application to stop, as a signal would; a host that is not there yet, as soon as it is. Any thread;
    /// returns at once.
    /// </summary>
    /// <param name="limit">
    /// How long a generic host may take for it, where that is less than <see cref="ShutdownTimeout"/>, or what the
    /// application says; zero: as they say.
    /// </param>
    public void RequestStop(TimeSpan limit = default)
    {
        IHostApplicationLifetime[] lifetimes;
        lock (_gate)
        {
            _stopRequested = true;
            _stopLimit = limit;
            _options.ForEach(options => Hasten(options, limit));
            lifetimes = [.. _lifetimes];
        }

        Array.ForEach(lifetimes, Stop);
    }

    /// <summary>The host has started: hosted services and the server run.</summary>
    protected abstract void OnStarted();

    /// <summary>The host begins to stop, whoever asked for it.</summary>
    protected abstract void OnStopping();

    /// <summary>A host of the application has these options; it looks at them when it begins to stop.</summary>
    internal void Add(HostOptions options)
    {
        lock (_gate)
        {
            if (ShutdownTimeout > TimeSpan.Zero)
            {
                options.ShutdownTimeout = ShutdownTimeout;
            }

            Hasten(options, _stopLimit);
            _options.Add(options);
        }
    }

    /// <summary>A web host of the application was built.</summary>
    internal void Add(IHostApplicationLifetime lifetime)
    {
        bool stop;
        lock (_gate)
        {
            _lifetimes.Add(lifetime);
            stop = _stopRequested;
        }

        if (stop)
        {
            Stop(lifetime);
        }
    }

    /// <summary>Makes this host the one that the web server serves; <see langword="false"/>: there is one.</summary>
    internal bool TryServe(IHostApplicationLifetime lifetime)
    {
        if (Interlocked.CompareExchange(ref _served, lifetime, null) is not null)
        {
            return false;
        }

        lifetime.ApplicationStarted.Register(ReportStarted);
        lifetime.ApplicationStopping.Register(() =>
        {
            // Callbacks run in no certain order, and one of the application's may have stopped it at once.
            if (lifetime.ApplicationStarted.IsCancellationRequested)
            {
                ReportStarted();
            }

            OnStopping();
        });
        return true;
    }

    private static void Hasten(HostOptions options, TimeSpan limit)
    {
        if (limit > TimeSpan.Zero
            && (options.ShutdownTimeout > limit || options.ShutdownTimeout == Timeout.InfiniteTimeSpan))
        {
            options.ShutdownTimeout = limit;
        }
    }

    private void ReportStarted()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            OnStarted();
        }
    }

    // On the pool: callbacks of ApplicationStopping are application code, and the caller may be the web server's loop.
    private static void Stop(IHostApplicationLifetime lifetime) =>
        ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime.StopApplication(), lifetime, false);
}
