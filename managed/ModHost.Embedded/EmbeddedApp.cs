using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ModHost.Abi;
using ModHost.Server;
using ModHost.Server.Hosting;

namespace ModHost.Embedded;

/// <summary>
/// One application of this process: its state towards the web server, and its connection to it. How it is run is in
/// EmbeddedApp.Run.cs.
/// </summary>
/// <remarks>
/// States go one way: starting, then ready or failed, then stopping, then stopped. Each is told to the web server
/// once. FAILED is final, also where an application is late and starts after all: then it is stopped again. An
/// application that is told to stop while it starts goes to stopped at once.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The timer is disposed of at the end of the start.")]
internal sealed partial class EmbeddedApp(AppSettings settings) : HostedApp, IServerConnection
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _state = Modhost.MODHOST_APP_STARTING;
    private ModHostServer? _server;

    public uint Number => settings.Number;

    public string ProgramPath => settings.Path;

    /// <summary>Once it is loaded. Any thread.</summary>
    public Assembly? Program { get; private set; }

    public override string Name => settings.Name;

    public override string ContentRoot => settings.ContentRoot;

    public override string? StateDirectory => settings.StateDirectory;

    public override TimeSpan ShutdownTimeout => settings.ShutdownTimeout;

    public override IServerConnection Connection => this;

    /// <summary>What makes exchanges, once the application has started its server.</summary>
    public ModHostServer? Server => Volatile.Read(ref _server);

    public IReadOnlyList<string> Addresses => settings.Addresses;

    public long? MaxRequestBodySize => settings.MaxRequestBodySize;

    public Task Drained => _drained.Task;

    public ExecutionContext? RequestContext { get; private set; }

    public void Ready(ModHostServer server) => Volatile.Write(ref _server, server);

    public void Log(int level, string category, string text) => WebServer.Log(Number, level, category, text);

    /// <summary>No exchange is in flight and none will come. Loop.</summary>
    public void SetDrained() => _drained.TrySetResult();

    protected override void OnStarted()
    {
        if (MoveTo(Modhost.MODHOST_APP_READY))
        {
            EndStart();
        }
        else
        {
            // Too late: the web server has been told that it failed.
            RequestStop();
        }
    }

    // STOPPED follows when Main returns: it may have more to do after its host.
    protected override void OnStopping() => MoveTo(Modhost.MODHOST_APP_STOPPING);

    private bool IsReady => Volatile.Read(ref _state) is Modhost.MODHOST_APP_READY or Modhost.MODHOST_APP_STOPPING;

    private bool HasFailed => Volatile.Read(ref _state) == Modhost.MODHOST_APP_FAILED;

    /// <summary>Tells the web server of a later state; <see langword="false"/> where it is not later.</summary>
    private bool MoveTo(int state, string? tag = null, string? text = null)
    {
        lock (_gate)
        {
            var allowed = state switch
            {
                Modhost.MODHOST_APP_READY or Modhost.MODHOST_APP_FAILED => _state == Modhost.MODHOST_APP_STARTING,
                Modhost.MODHOST_APP_STOPPING => _state == Modhost.MODHOST_APP_READY,
                _ => _state is Modhost.MODHOST_APP_READY or Modhost.MODHOST_APP_STOPPING
                    || (_state == Modhost.MODHOST_APP_STARTING && StopRequested),
            };
            if (!allowed)
            {
                return false;
            }

            _state = state;

            // Inside the lock: the web server hears of states in their order.
            WebServer.SetAppState(Number, state, tag, text);
            return true;
        }
    }
}
