namespace ModHost.IntegrationTests.Hosting;

/// <summary>A way to run applications; test classes are written once and derived for each.</summary>
public interface IServerUnderTest
{
    /// <summary>How applications run in it.</summary>
    static abstract AppRuntime Runtime { get; }
}

/// <summary>Embedded in nginx, IL applications in the CLR.</summary>
public sealed class NginxJit : IServerUnderTest
{
    public static AppRuntime Runtime => AppRuntime.Jit;
}

/// <summary>Embedded in nginx, NativeAOT libraries.</summary>
public sealed class NginxAot : IServerUnderTest
{
    public static AppRuntime Runtime => AppRuntime.Aot;
}

/// <summary>The probe in one nginx worker, shared by the tests of a class.</summary>
/// <typeparam name="TServer">Where it runs.</typeparam>
public sealed class ProbeFixture<TServer> : IAsyncLifetime
    where TServer : IServerUnderTest
{
    internal NginxHost Nginx { get; private set; } = null!;

    internal string App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        App = await AppBuild.Of("Probe", TServer.Runtime);
        Nginx = await NginxHost.Start(NginxSetup.For(App), "/empty");
    }

    public async Task DisposeAsync()
    {
        if (Nginx is not null)
        {
            await Nginx.DisposeAsync();
        }
    }
}

/// <summary>Base of test classes that share a probe: after each test the server must be as it was before.</summary>
/// <typeparam name="TServer">Where the probe runs.</typeparam>
public abstract class ProbeTests<TServer>(ProbeFixture<TServer> fixture) : IClassFixture<ProbeFixture<TServer>>, IAsyncLifetime
    where TServer : IServerUnderTest
{
    private protected NginxHost Nginx => fixture.Nginx;

    private protected string App => fixture.App;

    private protected int Port => fixture.Nginx.Port;

    public Task InitializeAsync()
    {
        Nginx.MarkLog();
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => Nginx.CheckSane();
}
