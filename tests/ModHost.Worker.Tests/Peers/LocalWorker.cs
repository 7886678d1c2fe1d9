using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Server;
using ModHost.Worker.Connections;

namespace ModHost.Worker.Tests.Peers;

/// <summary>A worker in the test's own process, with an application of the test's choice.</summary>
internal sealed class LocalWorker : IDisposable
{
    private readonly EventLoop _loop;
    private readonly List<Shim> _shims = [];

    private LocalWorker(RequestDelegate application, int maxConcurrency)
    {
        var (ours, theirs) = UnixSocket.Pair();
        Supervisor = new Supervisor(ours);
        _loop = new EventLoop("test loop");
        _loop.Fault = exception => Fault = exception;
        var control = new ControlConnection(_loop, theirs);
        Supervisor.Greet();
        var settings = WorkerUnderTest.Settings("/srv/test/Test.dll");
        settings["maxConcurrency"] = maxConcurrency;
        Supervisor.Configure(settings);
        Assert.True(control.WaitForSettings(10_000), control.Problem);
        Worker = new Worker(control.Settings!, _loop, control);
        _loop.Fault = exception => Fault = exception;
        Server = new ModHostServer(Worker.App, NullLoggerFactory.Instance);
        Server.StartAsync(new Application(application), default).GetAwaiter().GetResult();
        _loop.Add(control);
        _loop.Start();
        Supervisor.Receive(FrameType.Hello);
        Assert.True(Worker.App.MoveTo(AppState.Ready));
        Supervisor.ReceiveState(AppState.Ready);
    }

    public Supervisor Supervisor { get; }

    public Worker Worker { get; }

    public ModHostServer Server { get; }

    public Exception? Fault { get; private set; }

    public static LocalWorker Start(RequestDelegate application, int maxConcurrency = 0) =>
        new(application, maxConcurrency);

    /// <summary>An application that answers "Hello".</summary>
    public static LocalWorker Start() => Start(static context => context.Response.WriteAsync("Hello"));

    public Shim Open(bool greet = true)
    {
        var shim = Supervisor.OpenChannel(greet);
        _shims.Add(shim);
        return shim;
    }

    public static void Wait(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(90)), what);

    public void Dispose()
    {
        _shims.ForEach(static shim => shim.Dispose());
        Wait(() => Worker.InFlight == 0, $"{Worker.InFlight} requests are not over");
        _loop.Dispose();
        Supervisor.Dispose();
        Assert.Null(Fault);
    }

    private sealed class Application(RequestDelegate application) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => application(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
