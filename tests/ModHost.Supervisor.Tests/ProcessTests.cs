using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModHost.Protocol;
using ModHost.Supervisor.Tests.Running;

namespace ModHost.Supervisor.Tests;

/// <summary>Real processes: starting, logs, crashes.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void A_supervisor_alone_starts_workers_and_stops_them_in_order()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, Options(("processes", "2")));
        var workers = supervisor.Ready(2);
        Assert.Equal("ready", (string?)supervisor.Group()["state"]);
        Assert.True(supervisor.Command(new { command = "shutdown", wait = true })!["ok"]!.GetValue<bool>());
        Assert.Equal(0, supervisor.WaitForExit());
        Assert.All(workers, worker => Assert.Contains($"{worker} stop 10000", supervisor.NoteText, StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(supervisor.Instance, "shim.sock")));
    }

    [Fact]
    public void A_worker_is_told_its_configuration_and_has_a_clean_environment()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, Options(
            ("gc-heap-limit", "256m"), ("threads", "4"), ("max-concurrency", "7"), ("home", "/var")));
        supervisor.Ready(1);
        var note = supervisor.NoteText.Split('\n');
        var configuration = Note(note, "config");
        Assert.Equal(("App", 7, 4, "shop"), ((string?)configuration["name"], (int)configuration["maxConcurrency"]!,
            (int)configuration["minThreads"]!, (string?)configuration["group"]));
        var environment = Note(note, "environment").AsObject();
        Assert.Equal("10000000", (string?)environment["DOTNET_GCHeapHardLimit"]);
        Assert.Equal("/var", (string?)environment["HOME"]);
        Assert.Equal("3", (string?)environment["MODHOST_CONTROL_FD"]);
        Assert.DoesNotContain(environment, variable => variable.Key is "NOTIFY_SOCKET" or "PWD" or "DOTNET_HOST_PATH");
        Assert.Contains("--title", Note(note, "arguments").AsArray().Select(one => (string?)one));
    }

    [Fact]
    public void Output_errors_and_log_frames_reach_the_log_with_their_levels()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.Order(worker, "print to stdout");
        supervisor.Order(worker, "error to stderr");
        supervisor.Order(worker, "log to the logger");
        foreach (var line in (string[])[@"\[info\] \d+#0: modhost: \[shop/0 PID\] stdout: to stdout", @"\[error\] \d+#0: modhost: \[shop/0 PID\] stderr: to stderr",
            @"\[error\] \d+#0: modhost: \[shop/0 PID\] Fake\.Category: to the logger"])
        {
            var pattern = @"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d " + line.Replace("PID", $"{worker}", StringComparison.Ordinal);
            Until.True(pattern, () => Regex.IsMatch(supervisor.LogText, pattern));
        }
    }

    [Fact]
    public void A_category_stays_within_its_line_and_a_text_that_is_cut_says_so()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        var payload = Encoding.UTF8.GetBytes("cat\r\negoryx" + new string('ü', 10_000));
        supervisor.Order(worker, "raw " + Convert.ToHexString(HostileTests.Frame(FrameType.Log, payload, value: 4, stream: 10)));
        supervisor.HasLogged("cat??egory: xüü");
        Assert.Contains("üü ... (cut)\n", supervisor.LogText, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_is_logged_with_its_signal_after_the_last_words_and_the_worker_is_replaced()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.Order(worker, "crash");
        supervisor.HasLogged("MH0705");
        var log = supervisor.LogText;
        Assert.Contains("signal 11 (SIGSEGV)", log, StringComparison.Ordinal);
        Assert.True(log.IndexOf("stderr: with a last word without a newline", StringComparison.Ordinal) is > 0 and var last
            && last < log.IndexOf("MH0705", StringComparison.Ordinal), log);
        Until.True("there is another worker", () => supervisor.Workers() is [var one] && one != worker);
        Assert.Equal(1, (int)supervisor.Group()["ended"]!["crash"]!);
    }

    [Fact]
    public void A_worker_that_breaks_the_protocol_is_replaced()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.Order(worker, "garbage");
        supervisor.HasLogged("MH0714");
        Until.True("there is another worker", () => supervisor.Workers() is [var one] && one != worker);
        Until.True("the old one has ended", () => !RunningSupervisor.Lives(worker));
    }

    [Theory]
    [InlineData("fail", "MH0501: InvalidOperationException: no database")]
    [InlineData("exit", "MH0704: it exited with code 3; its last words: the last words")]
    public void A_start_that_fails_says_why_and_is_tried_until_it_works(string how, string why)
    {
        using var supervisor = RunningSupervisor.Start(watched: false,
            configuration => Group(configuration)["env"]!.AsArray().Add(new JsonArray("FAKE_WARMUP", "200")));
        var first = supervisor.Ready(1)[0];
        File.WriteAllText(Path.Combine(supervisor.Folder, "start"), how);
        RunningSupervisor.Kill(first);
        Until.True("the group has failed", () => (string?)supervisor.Group()["state"] == "failed");
        Assert.Equal(why, (string?)supervisor.Group()["error"]);
        File.WriteAllText(Path.Combine(supervisor.Folder, "start"), "");
        supervisor.Ready(1);
        Assert.Null(supervisor.Group()["error"]);
    }

    [Fact]
    public void A_start_that_hangs_is_killed_after_startup_timeout()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, Options(("startup-timeout", "300ms")));
        var first = supervisor.Ready(1)[0];
        File.WriteAllText(Path.Combine(supervisor.Folder, "start"), "hang");
        RunningSupervisor.Kill(first);
        supervisor.HasLogged("MH0703");
    }

    [Fact]
    public void A_worker_that_ignores_stop_is_killed()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, Options(("shutdown-timeout", "100ms")));
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "set stubborn=1");
        supervisor.Command(new { command = "restart", group = "shop", wait = true });
        supervisor.HasLogged("MH0711");
        Assert.False(RunningSupervisor.Lives(worker));
        Assert.NotEqual(worker, supervisor.Ready(1)[0]);
    }

    [Fact]
    public void A_worker_that_drains_is_waited_for_while_requests_run()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "set in_flight=1");
        Assert.True(supervisor.Command(new { command = "reload", wait = true })!["ok"]!.GetValue<bool>());
        Assert.Equal([worker], supervisor.Workers("draining"));

        // Nothing shall happen, so there is no condition to wait for: two heartbeats of a draining worker have passed.
        Thread.Sleep(500);
        Assert.Equal([worker], supervisor.Workers("draining"));
        supervisor.Order(worker, "set in_flight=0");
        Until.True("it has ended", () => !RunningSupervisor.Lives(worker));
    }

    [Fact]
    public void A_log_on_a_full_disk_stops_nothing()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, Options(("log", "/dev/full")));
        var worker = supervisor.Ready(1)[0];
        for (var i = 0; i < 200; i++)
        {
            supervisor.Order(worker, "print " + new string('x', 4000));
        }

        RunningSupervisor.Kill(worker);
        Until.True("there is another worker", () => supervisor.Workers() is [var one] && one != worker);
    }

    [Fact]
    public void A_log_that_was_rotated_is_opened_again()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        File.Move(supervisor.Log, supervisor.Log + ".1");
        Until.True("there is a new log", () =>
        {
            supervisor.Order(worker, "print again");
            Thread.Sleep(50);
            return supervisor.LogText.Contains("again", StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_service_manager_is_told()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using (var supervisor = RunningSupervisor.Start(watched: false, configuration => manager.Bind(new UnixDomainSocketEndPoint(
            Path.Combine(Path.GetDirectoryName((string)configuration["errorLog"]!)!, "notify")))))
        {
            Assert.Equal("READY=1", Told(manager));
        }

        Assert.Equal("STOPPING=1", Told(manager));
    }

    private static string Told(Socket manager)
    {
        manager.ReceiveTimeout = 30_000;
        var buffer = new byte[64];
        return Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer));
    }

    [Fact]
    public void A_touched_marker_reloads_its_group()
    {
        using var supervisor = RunningSupervisor.Start(watched: false, configuration =>
            Group(configuration)["options"]!["reload-on"] = Path.Combine(Path.GetDirectoryName((string)configuration["errorLog"]!)!, "marker"));
        var worker = supervisor.Ready(1)[0];
        File.WriteAllText(Path.Combine(supervisor.Folder, "marker"), "now");
        Until.True("there is another worker", () => supervisor.Workers() is [var one] && one != worker);
    }

    [Fact]
    public void Commands_that_are_not_understood_are_refused_and_nothing_else_happens()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        foreach (var command in (object[])[new { command = "dance" }, new { command = "reload", group = "nobody" }, new { }, 1, "x",
            new { command = (string?)null }, new { command = "log-level", level = "loud" }, new { command = "configure", generation = "x" }])
        {
            var answer = supervisor.Command(command)!;
            Assert.False(answer["ok"]!.GetValue<bool>());
            Assert.StartsWith("MH0719: ", (string?)answer["error"], StringComparison.Ordinal);
        }

        supervisor.Ready(1);
    }

    [Fact]
    public void A_command_that_the_supervisor_fails_at_is_answered_and_ends_nothing()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var (process, worker) = (supervisor.Supervisor, supervisor.Ready(1)[0]);
        var configuration = RunningSupervisor.Usual(supervisor.Folder);
        configuration["groups"] = new JsonArray((JsonNode?)null);
        supervisor.Configure(2, configuration);
        Assert.False(supervisor.Command(new { command = "configure", generation = 2 })!["ok"]!.GetValue<bool>());
        supervisor.HasLogged("MH0722");
        Assert.Equal((process, worker), (supervisor.Supervisor, supervisor.Ready(1)[0]));
    }

    [SkippableFact]
    public void The_web_servers_user_can_look_and_change_nothing()
    {
        const int Games = 60;
        Skip.IfNot(Environment.IsPrivilegedProcess, "Changing users takes root.");
        using var supervisor = RunningSupervisor.Start(watched: false, configuration =>
            (configuration["user"], configuration["group"]) = (Games, Games));
        var worker = supervisor.Ready(1)[0];
        Assert.True(supervisor.CommandAs(Games, "status")["ok"]!.GetValue<bool>());
        foreach (var command in (string[])["configure", "reload", "restart", "drain", "stop", "log-level", "shutdown"])
        {
            var answer = supervisor.CommandAs(Games, command);
            Assert.False(answer["ok"]!.GetValue<bool>());
            Assert.StartsWith("MH0719: ", (string?)answer["error"], StringComparison.Ordinal);
        }

        Assert.Equal(worker, supervisor.Ready(1)[0]);
    }

    [Fact]
    public void Whoever_has_asked_all_it_will_gets_the_answers_that_come_late()
    {
        using var supervisor = RunningSupervisor.Start(watched: false);
        var worker = supervisor.Ready(1)[0];
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(supervisor.Instance, "control.sock")));
        socket.ReceiveTimeout = 60_000;
        socket.Send(Encoding.UTF8.GetBytes("{\"command\":\"reload\",\"wait\":true}\n{\"command\":\"status\"}"));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        socket.Shutdown(SocketShutdown.Send);

        Assert.True(JsonNode.Parse(reader.ReadLine()!)!["ok"]!.GetValue<bool>());
        var status = JsonNode.Parse(reader.ReadLine()!)!;

        Assert.Null(reader.ReadLine());
        Assert.DoesNotContain(status["groups"]![0]!["workers"]!.AsArray(),
            one => (int)one!["pid"]! == worker && (string?)one["state"] == "ready");
    }

    internal static Action<JsonObject> Options(params (string Name, string Text)[] options) => configuration =>
    {
        foreach (var (name, text) in options)
        {
            Group(configuration)["options"]![name] = text;
        }
    };

    internal static JsonNode Group(JsonObject configuration) => configuration["groups"]![0]!;

    private static JsonNode Note(string[] notes, string kind) => JsonNode.Parse(
        notes.First(line => line.Contains($" {kind} ", StringComparison.Ordinal)).Split(' ', 3)[2])!;
}
