using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Differential;

/// <summary>A comparison is worth something only if the probe and Kestrel agree with themselves.</summary>
public sealed class ProbeStabilityTests
{
    [Fact]
    public async Task Kestrel_answers_every_case_twice_alike()
    {
        await using var kestrel = await KestrelHost.Start(await AppBuild.Of("Probe", AppRuntime.Jit));
        var unstable = new List<string>();
        foreach (var @case in Cases.ByName.Values)
        {
            try
            {
                var first = await Outcome.Of(@case, kestrel.Port);
                var second = await Outcome.Of(@case, kestrel.Port);
                if (first.Text != second.Text)
                {
                    unstable.Add($"{@case.Name}:\n{first.Text}\n--- then\n{second.Text}");
                }
            }
            catch (Exception error)
            {
                unstable.Add($"{@case.Name}: {error.GetType().Name} {error.Message}");
            }
        }

        Assert.True(unstable.Count == 0, string.Join("\n\n", unstable));
    }
}
