using ModHost.Protocol;
using ModHost.Server;
using ModHost.Server.Hosting;

namespace ModHost.Worker.Process;

/// <summary>The application of this process: its state towards the supervisor, and its connection.</summary>
/// <remarks>
/// States go one way: starting, then ready or failed, then stopping, then stopped. Each is told once.
/// </remarks>
internal sealed class WorkerApp(Worker worker, WorkerSettings settings) : HostedApp, IServerConnection
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private AppState _state = AppState.Starting;

    public override string Name => settings.Name;

    public override string ContentRoot => settings.ContentRoot;

    public override string? StateDirectory => settings.StateDirectory;

    public override TimeSpan ShutdownTimeout => settings.ShutdownTimeout;

    public override IServerConnection Connection => this;

    public IReadOnlyList<string> Addresses => settings.Addresses;

    public long? MaxRequestBodySize => settings.MaxRequestBodySize;

    public Task Drained => _drained.Task;

    /// <summary>None: the process has no other application, so no context need say whose code runs.</summary>
    public ExecutionContext? RequestContext => null;

    public AppState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>READY was sent: channels may follow.</summary>
    public bool IsServing => State is AppState.Ready or AppState.Stopping;

    public void Ready(ModHostServer server) => worker.Serve(server);

    public void Log(int level, string category, string text) => worker.Log(level, category, text);

    /// <summary>No exchange will come.</summary>
    public void SetDrained() => _drained.TrySetResult();

    /// <summary>Tells the supervisor of a later state; <see langword="false"/> where it is not later.</summary>
    public bool MoveTo(AppState state, string? tag = null, string? text = null)
    {
        lock (_gate)
        {
            var allowed = state switch
            {
                AppState.Ready or AppState.Failed => _state == AppState.Starting,
                AppState.Stopping => _state == AppState.Ready,
                _ => _state is AppState.Ready or AppState.Stopping || (_state == AppState.Starting && StopRequested),
            };
            if (!allowed)
            {
                return false;
            }

            _state = state;

            // Inside the lock: the supervisor hears of states in their order.
            worker.Control.SendState(state, tag, text);
            return true;
        }
    }

    protected override void OnStarted()
    {
        StartEnvironment.Leave();
        MoveTo(AppState.Ready);
    }

    protected override void OnStopping()
    {
        MoveTo(AppState.Stopping);
        worker.Drain();
    }
}
