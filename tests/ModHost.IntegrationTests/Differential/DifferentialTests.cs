using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Differential;

/// <summary>The probe under Kestrel and under the server under test, side by side.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public sealed class DifferentialFixture<TRuntime> : IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    internal KestrelHost Kestrel { get; private set; } = null!;

    internal ServerHost Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Kestrel = await KestrelHost.Start(await AppBuild.Of("Probe", AppRuntime.Jit));
        Server = await ServerHost.Start(ServerSetup.For(await AppBuild.Of("Probe", TRuntime.Runtime)), "/empty");
    }

    public async Task DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
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
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public abstract class DifferentialTests<TRuntime>(DifferentialFixture<TRuntime> fixture) : IClassFixture<DifferentialFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    public static TheoryData<string> Names => [.. Cases.ByName.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Same_answer_as_Kestrel(string name)
    {
        var @case = Cases.ByName[name];
        var kestrel = await Outcome.Of(@case, fixture.Kestrel.Port);
        var modhost = await Outcome.Of(@case, fixture.Server.Port);
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

    public Task DisposeAsync() => fixture.Server.CheckSane();

    private static string Shown(Outcome outcome) => outcome.Text.Length <= 3000 ? outcome.Text : outcome.Text[..3000] + "...";
}

public sealed class DifferentialJitTests(DifferentialFixture<Jit> fixture) : DifferentialTests<Jit>(fixture);

public sealed class DifferentialAotTests(DifferentialFixture<Aot> fixture) : DifferentialTests<Aot>(fixture);
