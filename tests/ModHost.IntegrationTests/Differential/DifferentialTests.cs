using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Differential;

/// <summary>The probe under Kestrel and under the server under test, side by side.</summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public sealed class DifferentialFixture<TServer> : IAsyncLifetime
    where TServer : IServerUnderTest
{
    internal KestrelHost Kestrel { get; private set; } = null!;

    internal NginxHost Nginx { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Kestrel = await KestrelHost.Start(await AppBuild.Of("Probe", AppRuntime.Jit));
        Nginx = await NginxHost.Start(NginxSetup.For(await AppBuild.Of("Probe", TServer.Runtime)), "/empty");
    }

    public async Task DisposeAsync()
    {
        if (Nginx is not null)
        {
            await Nginx.DisposeAsync();
        }

        if (Kestrel is not null)
        {
            await Kestrel.DisposeAsync();
        }
    }
}

/// <summary>
/// Every case is sent to Kestrel and to the server under test; the answers must be equal, or differ as
/// docs/differences.md says.
/// </summary>
/// <typeparam name="TServer">The server under test.</typeparam>
public abstract class DifferentialTests<TServer>(DifferentialFixture<TServer> fixture) : IClassFixture<DifferentialFixture<TServer>>, IAsyncLifetime
    where TServer : IServerUnderTest
{
    public static TheoryData<string> Names => [.. Cases.ByName.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Same_answer_as_Kestrel(string name)
    {
        var @case = Cases.ByName[name];
        var kestrel = await Outcome.Of(@case, fixture.Kestrel.Port);
        var modhost = await Outcome.Of(@case, fixture.Nginx.Port);
        if (Differences.For(name) is { } difference)
        {
            difference.Check(kestrel, modhost);
        }
        else
        {
            Assert.True(kestrel.Text == modhost.Text, $"Kestrel:\n{Shown(kestrel)}\n\nModHost:\n{Shown(modhost)}");
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => fixture.Nginx.CheckSane();

    private static string Shown(Outcome outcome) => outcome.Text.Length <= 3000 ? outcome.Text : outcome.Text[..3000] + "...";
}

public sealed class DifferentialJitTests(DifferentialFixture<NginxJit> fixture) : DifferentialTests<NginxJit>(fixture);

public sealed class DifferentialAotTests(DifferentialFixture<NginxAot> fixture) : DifferentialTests<NginxAot>(fixture);
