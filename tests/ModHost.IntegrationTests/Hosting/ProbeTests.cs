namespace ModHost.IntegrationTests.Hosting;

/// <summary>A way to run applications; test classes are written once and derived for each. Web server and mode come from the environment.</summary>
public interface ITestedRuntime
{
    /// <summary>How applications run in it.</summary>
    static abstract AppRuntime Runtime { get; }
}

/// <summary>IL applications in the CLR.</summary>
public sealed class Jit : ITestedRuntime
{
    public static AppRuntime Runtime => AppRuntime.Jit;
}

/// <summary>NativeAOT libraries.</summary>
public sealed class Aot : ITestedRuntime
{
    public static AppRuntime Runtime => AppRuntime.Aot;
}

/// <summary>The probe in a web server with one worker, shared by the tests of a class.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public sealed class ProbeFixture<TRuntime> : IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    internal ServerHost Server { get; private set; } = null!;

    internal string App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        App = await AppBuild.Of("Probe", TRuntime.Runtime);
        Server = await ServerHost.Start(ServerSetup.For(App), "/empty");
    }

    public async Task DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}

/// <summary>Base of test classes that share a probe: after each test the server must be as it was before.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public abstract class ProbeTests<TRuntime>(ProbeFixture<TRuntime> fixture) : IClassFixture<ProbeFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    private protected ServerHost Server => fixture.Server;

    private protected string App => fixture.App;

    private protected int Port => fixture.Server.Port;

    public Task InitializeAsync()
    {
        Server.MarkLog();
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => Server.CheckSane();
}
