using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModHost.Posix;

namespace ModHost.Supervisor.Tests.Running;

/// <summary>A real modhostd with workers that are none, alone or under a real watchdog.</summary>
internal sealed class RunningSupervisor : IDisposable
{
    private readonly Descriptor _process;
    private readonly Descriptor? _lifeline;
    private readonly bool _watched;

    private RunningSupervisor(string folder, bool watched, string[] watchdogOptions)
    {
        Folder = folder;
        _watched = watched;
        Instance = Path.Combine(folder, "run", "nginx-1-0123456789abcdef");
        if (watched)
        {
            (Pid, _lifeline) = StartWatched(watchdogOptions);
        }
        else
        {
            Pid = StartProgram(Program, ["--config", Configuration, "--instance", Instance], []);
        }

        _process = ChildProcess.Open(Pid);
    }

    public string Folder { get; }

    public string Instance { get; }

    /// <summary>Of the process that was started: watchdog or supervisor.</summary>
    public int Pid { get; }

    public string Log => Path.Combine(Folder, "error.log");

    public string LogText => File.Exists(Log) ? File.ReadAllText(Log) : "";

    public string NoteText => File.Exists(Path.Combine(Folder, "notes")) ? File.ReadAllText(Path.Combine(Folder, "notes")) : "";

    public int Supervisor => (int)Command(new { command = "status" })!["pid"]!;

    private string Configuration => Path.Combine(Folder, "config.json");

    private static string Program => Repository.Metadata("Supervisor");

    /// <param name="watched">Under a watchdog, as a web server starts it.</param>
    /// <param name="change">Of the configuration, which has one group, "shop".</param>
    /// <param name="watchdogOptions">Beside the usual ones.</param>
    public static RunningSupervisor Start(
        bool watched, Action<JsonObject>? change = null, params string[] watchdogOptions)
    {
        var folder = Directory.CreateTempSubdirectory("modhostd-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ed);
        Directory.CreateDirectory(Path.Combine(folder, "managed"));
        foreach (var name in (string[])["modhost-worker", "modhost-watchdog"])
        {
            var source = Path.Combine(AppContext.BaseDirectory, name == "modhost-worker" ? "Fakes/" + name : name);
            File.Copy(source, Path.Combine(folder, "managed", name));
            File.SetUnixFileMode(Path.Combine(folder, "managed", name), (UnixFileMode)0x1ed);
        }

        foreach (var name in (string[])["notes", "orders", "start"])
        {
            File.WriteAllText(Path.Combine(folder, name), "");
        }

        var instance = Path.Combine(folder, "run", "nginx-1-0123456789abcdef");
        Directory.CreateDirectory(instance);
        var configuration = Usual(folder);
        change?.Invoke(configuration);
        File.WriteAllText(Path.Combine(folder, "config.json"), configuration.ToJsonString());
        File.WriteAllText(Path.Combine(instance, "config-1.json"), configuration.ToJsonString());
        var supervisor = new RunningSupervisor(folder, watched, watchdogOptions);
        Until.True("it is up", () => supervisor.Command(new { command = "status" })?["ok"]!.GetValue<bool>() == true);
        return supervisor;
    }

    public static JsonObject Usual(string folder) => JsonNode.Parse($$"""
        {"version":1,"generation":1,"server":"nginx","masterPid":1,"user":0,"group":0,"userName":"root",
         "managedDirectory":"{{folder}}/managed","dotnetRoot":"/usr/share/dotnet","stateDirectory":"",
         "errorLog":"{{folder}}/error.log","logLevel":"debug","groups":[{{Group(folder, "shop")}}]}
        """)!.AsObject();

    public static string Group(string folder, string name) => $$"""
        {"name":"{{name}}","scope":"","app":{"path":"{{folder}}/App.dll","kind":"il","name":"App","contentRoot":"{{folder}}"},
         "addresses":["http://*:80"],"detailedErrors":false,"maxRequestBody":30000000,"errorLog":"",
         "options":{"allow-root":"on"},
         "env":[["FAKE_NOTES","{{folder}}/notes"],["FAKE_ORDERS","{{folder}}/orders"],["FAKE_START","{{folder}}/start"]]}
        """;

    /// <summary>One command; null: no answer.</summary>
    public JsonNode? Command(object command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Instance, "control.sock")));
        socket.ReceiveTimeout = 60_000;
        using var stream = new NetworkStream(socket);
        stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(command) + "\n"));
        using var reader = new StreamReader(stream);
        return reader.ReadLine() is { } line ? JsonNode.Parse(line) : null;
    }

    public JsonNode Group(string name = "shop") => Command(new { command = "status" })!["groups"]!.AsArray()
        .Single(group => (string?)group!["name"] == name)!;

    /// <summary>The answer to a process of another user's.</summary>
    public JsonNode CommandAs(int user, string command)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/setpriv",
        [
            $"--reuid={user}", $"--regid={user}", "--clear-groups", "/usr/bin/python3", "-c",
            $$"""
            import socket
            s = socket.socket(socket.AF_UNIX)
            s.connect('{{Path.Combine(Instance, "control.sock")}}')
            s.sendall(b'{"command":"{{command}}"}\n')
            print(s.makefile().readline())
            """,
        ])
        { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonNode.Parse(text)!;
    }

    /// <summary>Processes of workers in this state.</summary>
    public int[] Workers(string state = "ready", string group = "shop") =>
    [
        .. Group(group)["workers"]!.AsArray().Where(worker => (string?)worker!["state"] == state)
            .Select(worker => (int)worker!["pid"]!),
    ];

    public int[] Ready(int count)
    {
        Until.True($"{count} workers are ready", () => Workers().Length == count);
        return Workers();
    }

    public void HasLogged(string text) =>
        Until.True($"the log has \"{text}\"", () => LogText.Contains(text, StringComparison.Ordinal));

    /// <summary>Tells a worker, or all (0), what to do.</summary>
    public void Order(int pid, string order) => File.AppendAllText(Path.Combine(Folder, "orders"),
        $"{(pid == 0 ? "*" : pid.ToString(CultureInfo.InvariantCulture))} {order}\n");

    /// <summary>The same, and waits until the worker has done it: it obeys in order, and then prints a word.</summary>
    public void OrderDone(int pid, string order)
    {
        var word = $"obeyed-{Guid.NewGuid():N}";
        Order(pid, order);
        Order(pid, "print " + word);
        HasLogged(word);
    }

    public void Configure(uint generation, JsonObject configuration)
    {
        configuration["generation"] = generation;
        File.WriteAllText(Path.Combine(Instance, $"config-{generation}.json"), configuration.ToJsonString());
    }

    /// <summary>The web server's master goes.</summary>
    public void CutLifeline() => _lifeline!.Dispose();

    public static void Kill(int pid)
    {
        using var process = ChildProcess.Open(pid);
        _ = ChildProcess.Signal(process, 9);
    }

    public static bool Lives(int pid) => File.Exists($"/proc/{pid}/stat")
        && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Its exit code.</summary>
    public int WaitForExit()
    {
        ChildExit? exit = null;
        Until.True("it has ended", () => (exit = ChildProcess.Wait(_process)) is not null);
        return exit!.Value.Signalled ? -exit.Value.Code : exit.Value.Code;
    }

    public void Dispose()
    {
        try
        {
            _ = Command(new { command = "shutdown", wait = true });
        }
        catch (SocketException)
        {
            // It has ended.
        }

        _lifeline?.Dispose();
        _process.Dispose();
        Until.True("everything has ended", () => Left().Count == 0);
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Processes that belong to this supervisor.</summary>
    public List<int> Left()
    {
        var left = new List<int>();
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) && Lives(pid)
                && pid != Environment.ProcessId
                && CommandLine(pid).Contains(Folder, StringComparison.Ordinal))
            {
                left.Add(pid);
            }
        }

        return left;
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private (int Pid, Descriptor Lifeline) StartWatched(string[] options)
    {
        var (lifeline, held) = Pipe.Create();
        var (answer, ready) = Pipe.Create();
        using (lifeline)
        using (answer)
        using (ready)
        {
            var pid = StartProgram(Path.Combine(Folder, "managed", "modhost-watchdog"),
                ["--supervisor", Program, "--instance", Instance, "--lifeline-fd", "3", "--ready-fd", "4", .. options],
                [lifeline, ready]);
            ready.Dispose();
            var text = "";
            var buffer = new byte[256];
            Until.True("the watchdog answers", () =>
            {
                var count = Pipe.Read(answer, buffer);
                text += count > 0 ? Encoding.UTF8.GetString(buffer, 0, count) : "";
                return text.EndsWith('\n') || count == 0;
            });
            Answer = text;
            return (pid, held);
        }
    }

    /// <summary>What the watchdog said to the web server.</summary>
    public string Answer { get; private set; } = "";

    private int StartProgram(string program, string[] arguments, Descriptor[] more)
    {
        using var nothing = File.OpenHandle("/dev/null");
        using var input = Descriptor.Duplicate(nothing);
        using var output = AppendFile.Open(Path.Combine(Folder, "output"));
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(entry => $"{entry.Key}={entry.Value}").Append($"NOTIFY_SOCKET={Folder}/notify")

            // One that is killed would leave its sockets behind.
            .Append("DOTNET_EnableDiagnostics=0").ToList();
        return ChildProcess.Start(program, [program, .. arguments], environment, [input, output, output, .. more], session: true);
    }
}
