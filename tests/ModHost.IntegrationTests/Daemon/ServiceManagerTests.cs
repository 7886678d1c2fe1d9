using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>
/// <c>modhostd --config FILE</c>, alone, as a service manager starts it: no web server's master and no watchdog. The
/// manager is a socket here, as systemd's is; the configuration is one that a web server has
/// written.
/// </summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Mode", "daemon")]
public abstract class ServiceManagerTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    private const int WatchdogMilliseconds = 1000;

    [Fact]
    public async Task A_service_manager_is_told_of_the_start_the_heartbeat_and_the_stop()
    {
        var folder = Settings.NewFolder("alone");
        try
        {
            using var manager = Manager(folder);
            await using var supervisor = Start(folder, await Configuration(folder));
            Assert.Equal("READY=1", await Told(manager));

            // A warm-up request goes through the application before the worker counts as ready.
            await Wait.Until("both workers are ready", async () => (await States(folder)).SequenceEqual(["ready", "ready"]));
            Assert.Equal(["warm-up", "warm-up"], Lines(folder, "ledger"));
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("WATCHDOG=1", await Told(manager));
            }

            // Its configuration is read again, and nothing has changed: nothing happens, and the heart goes on.
            var workers = await Workers(folder);
            Signal.Send(supervisor.Id, Signal.Hup);
            Assert.Equal("WATCHDOG=1", await Told(manager));
            Assert.Equal(workers, await Workers(folder));

            Signal.Send(supervisor.Id, Signal.Term);
            await Wait.Until("the manager knows of the stop", async () => await Told(manager) == "STOPPING=1");
            Assert.Equal(0, await supervisor.Exited());
            Assert.Equal(["stopped", "stopped"], Lines(folder, "life").Where(what => what == "stopped"));
            Assert.DoesNotContain(workers, ProcFs.Lives);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "runtime"), "*.sock"));
        }
        finally
        {
            EndAll(folder);
        }
    }

    [Fact]
    public async Task A_supervisor_that_hangs_is_silent()
    {
        var folder = Settings.NewFolder("alone");
        try
        {
            using var manager = Manager(folder);
            await using var supervisor = Start(folder, await Configuration(folder));
            Assert.Equal("READY=1", await Told(manager));
            Assert.Equal("WATCHDOG=1", await Told(manager));
            Signal.Send(supervisor.Id, Signal.Stop);
            await Wait.Until("it is stopped", () => ProcFs.Read(supervisor.Id)?.State == 'T');
            while (manager.Available > 0)
            {
                await Told(manager);
            }

            // Silence has no condition to wait for: so long the manager of this service would wait.
            await Task.Delay(2 * WatchdogMilliseconds);
            Assert.Equal(0, manager.Available);
            Signal.Send(supervisor.Id, Signal.Cont);
            Assert.Equal("WATCHDOG=1", await Told(manager));
            Signal.Send(supervisor.Id, Signal.Term);
            Assert.Equal(0, await supervisor.Exited());
        }
        finally
        {
            EndAll(folder);
        }
    }

    /// <summary>Where a service manager hears its services.</summary>
    private static Socket Manager(string folder)
    {
        var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "notify")));
        return manager;
    }

    private static Child Start(string folder, string configuration) => Child.Start(Path.Combine(Settings.Dist, "bin", "modhostd"),
        ["--config", configuration], folder, new Dictionary<string, string?>
        {
            ["NOTIFY_SOCKET"] = Path.Combine(folder, "notify"),
            ["WATCHDOG_USEC"] = (1000 * WatchdogMilliseconds).ToString(CultureInfo.InvariantCulture),
            ["RUNTIME_DIRECTORY"] = Path.Combine(folder, "runtime"),
        });

    /// <summary>What a web server writes for its supervisor, kept when the server has gone.</summary>
    private static async Task<string> Configuration(string folder)
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        var kept = Path.Combine(folder, "supervisor.json");
        await using var server = await ServerHost.Start(DaemonHost.Setup(app, folder, "processes=2 warmup=/ledger?id=warm-up"), "/empty");
        var instance = Directory.EnumerateDirectories(ProcessGroups.RunDirectory(server.Places)).Single();
        var text = File.ReadAllText(Path.Combine(instance, "config-1.json"));
        Assert.Equal(0, await server.Quit());

        // The web server's own error log goes with it.
        File.WriteAllText(kept, text.Replace(server.Places.ErrorLog, Path.Combine(folder, "error.log"), StringComparison.Ordinal));
        foreach (var file in Directory.EnumerateFiles(folder, "l*.*"))
        {
            File.Delete(file);
        }

        return kept;
    }

    // Its workers have sessions of their own, so a test that fails would leave them.
    private static void EndAll(string folder)
    {
        foreach (var process in ProcFs.All().Where(process => ProcFs.HasEnvironment(process.Id, "PROBE_LEDGER", folder + "/ledger")))
        {
            Signal.TrySend(process.Id, Signal.Kill);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> Told(Socket manager)
    {
        var buffer = new byte[100];
        using var limit = new CancellationTokenSource(Wait.Limit);
        return Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, limit.Token));
    }

    private static async Task<IEnumerable<string?>> States(string folder) =>
        (await Known(folder)).Select(worker => worker.GetProperty("state").GetString());

    private static async Task<int[]> Workers(string folder) =>
        [.. (await Known(folder)).Select(worker => worker.GetProperty("pid").GetInt32())];

    private static async Task<IEnumerable<JsonElement>> Known(string folder) =>
        (await ProcessGroups.Command(Path.Combine(folder, "runtime"), new { command = "status" }))
        .GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("workers").EnumerateArray());

    // Each process has a file of its own; the first word of each line is what happened.
    private static string[] Lines(string folder, string name) =>
        [.. Directory.EnumerateFiles(folder, name + ".*").SelectMany(File.ReadLines).Select(line => line.Split(' ')[0])];
}

public sealed class ServiceManagerJitTests : ServiceManagerTests<Jit>;

public sealed class ServiceManagerAotTests : ServiceManagerTests<Aot>;
