using System.Globalization;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Faults;

/// <summary>Several runtimes in one worker: each collector stops its own threads, and only those.</summary>
public sealed class CollectorTests
{
    private const int Libraries = 4;

    [Fact]
    public async Task Four_libraries_and_the_CLR_collect_while_a_thread_spins()
    {
        var jit = await AppBuild.Of("Probe", AppRuntime.Jit);
        var aot = await AppBuild.Of("Probe", AppRuntime.Aot);
        var copies = Settings.NewFolder("libraries");
        List<Place> places = [new("/", $"pass {jit}")];
        for (var i = 0; i < Libraries; i++)
        {
            var folder = Path.Combine(copies, i.ToString(CultureInfo.InvariantCulture));
            await Child.Run("cp", ["-r", Path.GetDirectoryName(aot)!, folder]);
            places.Add(new($"/aot{i}/", $"pass {Path.Combine(folder, Path.GetFileName(aot))}"));
        }

        await using var server = await ServerHost.Start(new ServerSetup { Places = places }, "/empty");
        string[] apps = ["", .. Enumerable.Range(0, Libraries).Select(i => $"/aot{i}")];
        foreach (var app in apps)
        {
            await server.Answers(app + "/empty", wait: true);
            Assert.Contains(app.Length == 0 ? "aot=False" : "aot=True", (await RawConnection.Get(server.Port, app + "/runtime/info")).Text, StringComparison.Ordinal);
            Assert.Equal("spinning", (await RawConnection.Get(server.Port, app + "/runtime/spin")).Text);
        }

        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(apps.Select(app => RawConnection.Get(server.Port, app + "/runtime/collect?times=3")));
            Assert.All(answers, answer => Assert.Equal("collected True", answer.Text));
        }

        foreach (var app in apps)
        {
            await RawConnection.Get(server.Port, app + "/runtime/spin-stop");
            await Wait.Until("the thread has ended", async () =>
                (await RawConnection.Get(server.Port, app + "/counters")).Text.Contains("turns=1", StringComparison.Ordinal));
        }

        server.Rebase();
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
        Directory.Delete(copies, recursive: true);
    }
}
