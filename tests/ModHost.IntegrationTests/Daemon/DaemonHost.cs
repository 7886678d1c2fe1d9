using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>A real web server with one application in a process group called <c>shop</c>, and what can be seen of the group.</summary>
internal sealed partial class DaemonHost : IAsyncDisposable
{
    private DaemonHost(ServerHost server, string folder) => (Server, Folder) = (server, folder);

    public ServerHost Server { get; }

    public int Port => Server.Port;

    /// <summary>A folder that workers may write to: ledgers, marker files.</summary>
    public string Folder { get; }

    public string StartMode => Path.Combine(Folder, "start");

    public string Marker => Path.Combine(Folder, "marker");

    /// <summary>Processes of the group that are there now, draining ones too; not what they started.</summary>
    public IReadOnlyList<int> Workers
    {
        get
        {
            var all = Server.Daemons.Where(process => IsWorker(process.Id)).ToArray();
            return [.. all.Where(process => all.All(other => other.Id != process.Parent)).Select(process => process.Id).Order()];
        }
    }

    public int Supervisor => Own("modhostd").SingleOrDefault(-1);

    public int Watchdog => Own("modhost-watchdog").SingleOrDefault(-1);

    /// <summary>More than one while an upgrade of nginx's binary is under way.</summary>
    public IReadOnlyList<int> Supervisors => Own("modhostd");

    /// <summary>Folders of supervisors, with their sockets.</summary>
    public IReadOnlyList<string> Instances => Directory.GetDirectories(ProcessGroups.RunDirectory(Server.Places));

    /// <summary>Starts it; ready when the application answers.</summary>
    /// <param name="keys">Keys of the process group; in them FOLDER is <see cref="Folder"/>.</param>
    /// <param name="options">More options of the place.</param>
    /// <param name="change">Of what is written otherwise.</param>
    public static async Task<DaemonHost> Start<TRuntime>(string keys, string options = "", int webWorkers = 1,
        Func<ServerSetup, ServerSetup>? change = null)
        where TRuntime : ITestedRuntime
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        var folder = Settings.NewFolder("daemon");
        foreach (var file in (string[])["start", "marker"])
        {
            File.WriteAllText(Path.Combine(folder, file), "");
            File.SetUnixFileMode(Path.Combine(folder, file), (UnixFileMode)0x1b6);
        }

        DaemonHost host;
        try
        {
            var setup = Setup(app, folder, keys, options) with { Workers = webWorkers };
            var server = await ServerHost.Start(change?.Invoke(setup) ?? setup, "/empty");
            host = new DaemonHost(server, folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }

        try
        {
            // One answers as soon as it is ready; a test that looks at all of them must not come before the others.
            if (Processes().Match(keys) is { Success: true } match)
            {
                await host.Ready(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        return host;
    }

    public static ServerSetup Setup(string app, string folder, string keys, string options = "") => new()
    {
        OwnGroups = true,
        // On a busy machine a start may take longer than requests wait for it by default.
        Options = $"{ProcessGroups.Preamble} queue_timeout 60s; env PROBE_LEDGER {folder}/ledger; env PROBE_START_FILE {folder}/start; "
            + $"env PROBE_LIFE_FILE {folder}/life; daemon_process shop {keys.Replace("FOLDER", folder, StringComparison.Ordinal)}",
        Places = [new("/", $"pass {app} process_group=shop; {options}")],
    };

    /// <summary>One command on the supervisor's control socket; its answer.</summary>
    public Task<JsonElement> Command(object command) => ProcessGroups.Command(Server.Places, command);

    /// <summary>Waits until other processes than these serve, all of them ready.</summary>
    public Task Replaced(IReadOnlyCollection<int> old, int count) => Wait.Until($"{count} other workers are there", async () =>
        Workers is var now && now.Count == count && !now.Intersect(old).Any()
        && (await Http.RawConnection.Get(Port, "/empty")).Status == 200);

    /// <summary>The supervisor's view of the workers.</summary>
    public async Task<IReadOnlyList<JsonElement>> Known() => [.. (await Command(new { command = "status" }))
        .GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("workers").EnumerateArray())];

    /// <summary>How many workers the supervisor has seen end for this cause.</summary>
    public async Task<int> Ended(string cause) => (await Command(new { command = "status" })).GetProperty("groups").EnumerateArray()
        .Sum(group => group.GetProperty("ended").TryGetProperty(cause, out var count) ? count.GetInt32() : 0);

    /// <summary>Waits until there are so many workers, and all of them ready.</summary>
    public Task Ready(int count) => Wait.Until($"{count} workers are ready", async () => Workers.Count == count
        && (await Known()).Count(worker => worker.GetProperty("state").GetString() == "ready") == count);

    /// <summary>Waits for so many workers.</summary>
    public Task Counts(int count) => Wait.Until($"{count} workers are there", () => Workers.Count == count);

    /// <summary>What ran: for each request the processes that began it.</summary>
    public ILookup<string, string> Ran() =>
        Lines("ledger").ToLookup(parts => parts[0], parts => parts[1]);

    /// <summary>How many processes have noted this of their life.</summary>
    public int Noted(string what) => Lines("life").Count(parts => parts[0] == what);

    /// <summary>Waits until there are these workers and no others; tells what became of them if that never is.</summary>
    public async Task Only(IReadOnlyList<int> workers)
    {
        try
        {
            await Wait.Until($"only the workers {string.Join(' ', workers)} are there", () => Workers.SequenceEqual(workers));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}; there are {string.Join(' ', Workers)}\n{ServerHost.Tail(Server.Log)}", error);
        }
    }

    /// <summary>Waits until every worker has a channel to each of so many processes of the web server.</summary>
    public Task Linked(int webWorkers) => Wait.Until($"the workers have channels to {webWorkers} processes of the web server",
        () => Workers.All(worker => ProcessGroups.Channels(worker) == webWorkers));

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    // One without a name has just ended.
    private static bool IsWorker(int id) => Program(id) is not ("modhostd" or "modhost-watchdog" or "");

    private static string Program(int id) => Path.GetFileName(ProcFs.CommandLine(id).Split(' ')[0]);

    // A process that was killed may have left the beginning of a line.
    private IEnumerable<string[]> Lines(string name) => Directory.EnumerateFiles(Folder, name + ".*")
        .SelectMany(File.ReadLines).Select(line => line.Split(' ')).Where(parts => parts.Length == 2);

    // What one of them has forked has its name until it executes another program.
    private int[] Own(string program)
    {
        var all = Server.Daemons.Where(process => Program(process.Id) == program).ToArray();
        return [.. all.Where(process => all.All(other => other.Id != process.Parent)).Select(process => process.Id)];
    }

    [GeneratedRegex(@"(?:^| )processes=([1-9]\d*)(?: |$)")]
    private static partial Regex Processes();
}
