using System.Diagnostics;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>A blocked application never blocks the web server. Measures times, so it runs alone.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Not", "prefork")]
public abstract class LoadOnTheLoopTests<TRuntime>(ProbeFixture<TRuntime> fixture) : ProbeTests<TRuntime>(fixture)
    where TRuntime : ITestedRuntime
{
    // Of a static file, in milliseconds.
    private const double Usual = 100;
    private const double Blocked = 400;

    [Theory]
    [InlineData("/block?ms=1000", "blocked")]
    [InlineData("/sleep?ms=1000", "slept")]
    public async Task Sleeping_requests_leave_a_static_file_alone(string target, string answer)
    {
        await WorstOf(50);

        // A blocked loop shows as most of a second, and in every round; other work on the machine in some.
        var rounds = new List<double>();
        do
        {
            rounds.Add(await WorstBeside(Enumerable.Range(0, 64).Select(_ => RawConnection.Get(Port, target)), answer));
        }
        while (rounds[^1] > Usual && rounds.Count < 4);

        Assert.True(rounds.Min() < Blocked, "Milliseconds beside sleeping requests: " + string.Join(", ", rounds));
    }

    private async Task<double> WorstBeside(IEnumerable<Task<RawResponse>> requests, string answer)
    {
        var sleepers = requests.ToArray();
        var worst = 0.0;
        while (!sleepers.All(task => task.IsCompleted))
        {
            worst = Math.Max(worst, await WorstOf(20));
        }

        Assert.All(await Task.WhenAll(sleepers), response => Assert.Equal(answer, response.Text));
        return worst;
    }

    private async Task<double> WorstOf(int count)
    {
        await using var connection = await RawConnection.Open(Port);
        var worst = 0.0;
        for (var i = 0; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await connection.Send("GET /static/hello.txt HTTP/1.1\r\nHost: probe.test\r\n\r\n");
            Assert.Equal("static file\n", (await connection.Read())!.Text);
            worst = Math.Max(worst, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return worst;
    }
}

[Collection(Alone.Name)]
public sealed class LoadOnTheLoopJitTests(ProbeFixture<Jit> fixture) : LoadOnTheLoopTests<Jit>(fixture);

[Collection(Alone.Name)]
public sealed class LoadOnTheLoopAotTests(ProbeFixture<Aot> fixture) : LoadOnTheLoopTests<Aot>(fixture);
