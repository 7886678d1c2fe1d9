using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>A real web server with the module under test, in a session and a prefix of its own.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private static readonly WebServer s_web = WebServer.Tested;

    private readonly List<string> _allowed = [];
    private IReadOnlyList<int> _leaving = [];
    private Child _child;
    private int[] _workers = [];
    private int _sockets;
    private int _logSeen;

    private ServerHost(Child child, ServerPlaces places, ServerSetup setup)
    {
        _child = child;
        Places = places;
        Setup = setup;
        Master = child.Id;
        Session = child.Id;
    }

    public ServerPlaces Places { get; }

    public ServerSetup Setup { get; private set; }

    public int Port => Places.Port;

    public int Master { get; private set; }

    /// <summary>Of all of the server's processes, through upgrades of nginx's binary too.</summary>
    public int Session { get; private set; }

    public bool HasExited => Setup.Detached ? !ProcFs.Lives(Master) : _child.HasExited;

    public string Output => _child.Output;

    public string Log => File.Exists(Places.ErrorLog) ? File.ReadAllText(Places.ErrorLog) : "";

    /// <summary>What the error log has since <see cref="MarkLog"/>.</summary>
    public string NewLog => Log is var log && log.Length > _logSeen ? log[_logSeen..] : "";

    public string AccessLog => File.Exists(Places.AccessLog) ? File.ReadAllText(Places.AccessLog) : "";

    /// <summary>The live workers; those that were told to leave are not among them.</summary>
    public IReadOnlyList<int> Workers => WorkersOf(Master);

    /// <summary>The same of any master, such as the second one of an upgrade.</summary>
    public IReadOnlyList<int> WorkersOf(int master) => [.. ProcFs.Children(master)
        .Where(process => process.State != 'Z' && process.Session == ProcFs.Read(master)?.Session && s_web.Serves(process)
            && !_leaving.Contains(process.Id))
        .Select(process => process.Id).Order()];

    /// <summary>Makes the prefix and the configuration, and starts the web server; ready when <paramref name="ready"/> answers below 500.</summary>
    public static async Task<ServerHost> Start(ServerSetup setup, string ready = "/", bool waitReady = true)
    {
        var places = Prepare(setup);
        var host = new ServerHost(Launch(places, setup), places, setup);
        try
        {
            if (setup.Detached)
            {
                await Wait.Until("the web server has written its pid", () => File.Exists(places.PidFile) && int.TryParse(File.ReadAllText(places.PidFile), out _));
                host.Master = int.Parse(File.ReadAllText(places.PidFile), CultureInfo.InvariantCulture);
                host.Session = host.Master;
            }

            await host.Answers(waitReady ? ready : "/control", waitReady);
            if (waitReady)
            {
                await host.Connected(host.Master);
            }

            host.Rebase();
        }
        catch (Exception error)
        {
            var log = host.Log;
            var output = host.Output;
            await host._child.DisposeAsync();
            throw new InvalidOperationException($"{s_web.Name} did not get ready: {error.Message}\n{output}\n{Tail(log)}", error);
        }

        return host;
    }

    /// <summary>Writes the prefix only; for configurations that are to be refused.</summary>
    public static ServerPlaces Prepare(ServerSetup setup)
    {
        var places = new ServerPlaces(Settings.NewFolder(s_web.Name), FreePort.Next(), FreePort.Next(), FreePort.Next());
        Directory.CreateDirectory(places.Static);
        File.SetUnixFileMode(places.Static, (UnixFileMode)0x1ff);
        File.WriteAllText(Path.Combine(places.Static, "hello.txt"), "static file\n");
        File.WriteAllText(Path.Combine(places.Static, "control"), "control");
        foreach (var (name, content) in setup.Files)
        {
            File.WriteAllText(Path.Combine(places.Static, name), content);
        }

        Certificate.Write(Certificate.Server, places.Prefix, "server");
        Certificate.Write(Certificate.Client, places.Prefix, "client");
        File.WriteAllText(places.Configuration, setup.Write(places));
        return places;
    }

    /// <summary>What <c>nginx -t</c> or <c>apachectl configtest</c> says of a prefix.</summary>
    public static Task<(int Code, string Output)> Check(ServerPlaces places) =>
        Child.TryRun(s_web.Program, s_web.Check(places), places.Prefix);

    /// <summary>The same of a setup, of which nothing is left.</summary>
    public static async Task<(int Code, string Output)> Check(ServerSetup setup)
    {
        var places = Prepare(setup);
        try
        {
            return await Check(places);
        }
        finally
        {
            Directory.Delete(places.Prefix, recursive: true);
        }
    }

    /// <summary>Checks a setup that must be refused, with this reason (a pattern), file and line; all that was said.</summary>
    public static async Task<string> Refuses(ServerSetup setup, string says)
    {
        var (code, output) = await Check(setup);
        Assert.True(code != 0, output);
        Assert.Matches(s_web.Refusal(says), output);
        Assert.Matches(s_web.Line, output);
        return output;
    }

    /// <summary>The beginning of a line of the error log at this level, as a pattern.</summary>
    public static string AtLevel(string level) => s_web.AtLevel(level);

    /// <summary>A line that this test expects in the error log at alert, emerg or crit.</summary>
    public void Allow(string pattern) => _allowed.Add(pattern);

    /// <summary>From here on these workers and their open sockets are the normal state.</summary>
    public void Rebase()
    {
        _workers = [.. Workers];
        _sockets = _workers.Sum(s_web.Connections);
    }

    /// <summary>Replaces the configuration; an order makes the web server read it.</summary>
    public void Configure(ServerSetup setup)
    {
        Setup = setup;
        File.WriteAllText(Places.Configuration, setup.Write(Places));
    }

    public void Send(int signal) => Signal.Send(Master, signal);

    /// <summary>Another master of the same session has taken over: from here on it is the one that is meant.</summary>
    public void Upgraded(int master)
    {
        Master = master;
        Rebase();
    }

    /// <summary>Waits until all workers of the master are there, connected and answering; that is the normal state then.</summary>
    public async Task Whole(string ready)
    {
        await Connected(Master);
        await Answers(ready, wait: true);
        Rebase();
    }

    /// <summary>nginx: starts a second master from the binary, and waits until all its workers are there and connected.</summary>
    /// <returns>Its pid.</returns>
    public async Task<int> Upgrade()
    {
        Send(Signal.Usr2);
        await Wait.Until("the new master has written its pid", () => File.Exists(Places.PidFile + ".oldbin")
            && File.Exists(Places.PidFile) && int.TryParse(File.ReadAllText(Places.PidFile), out var pid) && pid != Master);
        var second = int.Parse(File.ReadAllText(Places.PidFile), CultureInfo.InvariantCulture);
        await Connected(second);
        return second;
    }

    /// <summary>Gives an order; whether the web server took it, and what it said.</summary>
    public async Task<(int Code, string Output)> Tell(Order order)
    {
        var now = Workers;
        var result = await s_web.Tell(order, Master, Places);
        if (result.Code == 0 && s_web.Replaces(order))
        {
            _leaving = [.. _leaving.Where(ProcFs.Lives), .. now];
        }

        return result;
    }

    /// <summary>Tells it to reload; workers that are there now take no new connections any more.</summary>
    public async Task BeginReload()
    {
        var (code, output) = await Tell(Order.Reload);
        Assert.True(code == 0, output);
    }

    /// <summary>Reloads, and waits until only new workers are left and they answer.</summary>
    public async Task Reload(string ready = "/")
    {
        var old = Workers;
        await BeginReload();
        await Wait.Until("the reload has replaced the workers", () => Workers is { Count: > 0 } now
            && now.Count >= Processes && !now.Intersect(old).Any());
        await Answers(ready, wait: true);
        await Wait.Until("the old workers have gone", () => !old.Any(ProcFs.Lives));
        await Connected(Master);
        Rebase();
    }

    /// <summary>What is in the error log by now is not what a test waits for.</summary>
    public void MarkLog() => _logSeen = Log.Length;

    /// <summary>Waits for a line since <see cref="MarkLog"/>.</summary>
    public async Task<string> WaitForLog(string pattern)
    {
        Match? match = null;
        try
        {
            await Wait.Until($"the error log says '{pattern}'", () => (match = Regex.Match(NewLog, pattern, RegexOptions.Multiline)).Success);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{Tail(Log)}", error);
        }

        return match!.Value;
    }

    /// <summary>Waits until a URL is answered below 500.</summary>
    public Task Answers(string target, bool wait) => Wait.Until($"{target} is answered", async () =>
    {
        if (HasExited)
        {
            throw new InvalidOperationException("The web server has ended.");
        }

        try
        {
            return await RawConnection.Get(Port, target) is { Status: < 500 } || !wait;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return false;
        }
    });

    // Of a server that keeps its workers, all that were configured must be there before something is counted.
    private int Processes => s_web.KeepsWorkers ? Setup.Forked : 1;

    /// <summary>Waits until every worker of a master is there, and connected to every process of every group.</summary>
    private async Task Connected(int master)
    {
        await Wait.Until("all workers are there", () => WorkersOf(master).Count >= Processes);
        var processes = ProcessGroups.Processes(File.ReadAllText(Places.Configuration));
        await Wait.Until("the workers are connected to the process groups",
            () => processes == 0 || !s_web.ConnectsAtOnce || WorkersOf(master).All(worker => ProcessGroups.Channels(worker) >= processes));
    }

    /// <summary>What must hold after every test: nothing alarming logged, nothing left over, nobody replaced.</summary>
    /// <param name="mayChange">The web server is to begin and end workers as it sees fit.</param>
    public async Task CheckSane(bool mayChange = false)
    {
        var alarming = Alarming().Where(line => !_allowed.Exists(pattern => Regex.IsMatch(line, pattern))).ToArray();
        Assert.True(alarming.Length == 0, "The error log has:\n" + string.Join('\n', alarming));
        if (s_web.KeepsWorkers && !mayChange)
        {
            Assert.Equal(_workers, Workers);
        }

        await Wait.Until("no child of the master is a zombie", () => ProcFs.Children(Master).All(process => process.State != 'Z'));
        await Wait.For("the workers have closed what they opened", () => Task.FromResult(_workers.Sum(s_web.Connections)),
            now => now <= _sockets);
    }

    /// <summary>Lines of the error log at alert, emerg or crit.</summary>
    public IEnumerable<string> Alarming() => Log.Split('\n').Where(line => s_web.Alarming.IsMatch(line));

    /// <summary>Graceful stop, or another; returns the exit code, after checking that nothing of the session is left.</summary>
    public async Task<int> Quit(Order order = Order.Quit)
    {
        try
        {
            if (!HasExited)
            {
                await Tell(order);
            }
        }
        catch (InvalidOperationException) when (!ProcFs.Lives(Master))
        {
            // It was told before, and has ended meanwhile.
        }

        await Wait.Until("the web server has ended", () => HasExited);
        Assert.DoesNotContain(ProcFs.InSession(Session), process => process.State != 'Z');
        CheckNothingLeft();
        return await _child.Exited();
    }

    /// <summary>Stops and starts the web server on the same prefix.</summary>
    public async Task Restart(string ready = "/")
    {
        await Quit();
        await _child.DisposeAsync();
        _child = Launch(Places, Setup);
        Master = _child.Id;
        Session = _child.Id;
        await Answers(ready, wait: true);
        await Connected(Master);
        Rebase();
    }

    /// <summary>Supervisor, watchdog and workers of daemon mode, dead ones aside.</summary>
    public IReadOnlyList<ProcessState> Daemons =>
        [.. ProcFs.All().Where(process => process.State != 'Z' && process.Session != Session && ProcessGroups.Has(process.Id, Places))];

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!HasExited)
            {
                await Tell(Order.Quit);
                await Wait.Until("the web server has ended", () => HasExited);
            }

            CheckNothingLeft();
        }
        finally
        {
            foreach (var left in Daemons)
            {
                Signal.TrySend(left.Id, Signal.Kill);
            }

            foreach (var left in ProcFs.InSession(Session))
            {
                Signal.TrySend(left.Id, Signal.Kill);
            }

            await _child.DisposeAsync();
            if (Environment.GetEnvironmentVariable("MODHOST_KEEP") is null)
            {
                Directory.Delete(Places.Prefix, recursive: true);
            }
        }
    }

    public static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(40));

    /// <summary>When the web server has ended, what it had started for process groups is gone too, and has cleared up.</summary>
    private void CheckNothingLeft()
    {
        Assert.Empty(Daemons);
        var run = ProcessGroups.RunDirectory(Places);
        Assert.True(!Directory.Exists(run) || !Directory.EnumerateFileSystemEntries(run).Any(), $"Something is left in {run}.");
    }

    private static Child Launch(ServerPlaces places, ServerSetup setup)
    {
        string[] command = [.. setup.Within, s_web.Program, .. s_web.Start(places, setup.Detached)];
        return Child.Start(command[0], command[1..], places.Prefix);
    }
}
