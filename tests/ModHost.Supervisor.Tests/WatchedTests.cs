using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Tests.Running;

namespace ModHost.Supervisor.Tests;

/// <summary>Under a watchdog, with web-server processes: what dies, and what lives on.</summary>
public sealed class WatchedTests
{
    [Fact]
    public void A_killed_supervisor_is_started_again_and_takes_over_its_workers()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("processes", "2")));
        Assert.Equal("ok\n", supervisor.Answer);
        var workers = supervisor.Ready(2);
        for (var i = 0; i < 3; i++)
        {
            var old = supervisor.Supervisor;
            RunningSupervisor.Kill(old);
            Until.True("there is another supervisor", () => supervisor.Supervisor != old);
            Assert.Equal(workers, supervisor.Ready(2));
        }

        // It knows those that it did not start, and hears how they end.
        RunningSupervisor.Kill(workers[0]);
        Until.True("the worker was replaced", () => supervisor.Workers() is { Length: 2 } now && !now.Contains(workers[0]));
        Assert.Contains($"{workers[0]}] MH0705: was killed by signal 9 (SIGKILL)", supervisor.LogText, StringComparison.Ordinal);
        supervisor.Order(workers[1], "print still heard");
        supervisor.HasLogged("still heard");
    }

    [Fact]
    public void A_killed_watchdog_is_replaced_and_the_new_one_has_everything()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("processes", "2")));
        var workers = supervisor.Ready(2);
        RunningSupervisor.Kill(supervisor.Pid);
        _ = supervisor.WaitForExit();
        supervisor.HasLogged("has everything that is kept");
        var old = supervisor.Supervisor;
        RunningSupervisor.Kill(old);
        Until.True("there is another supervisor", () => supervisor.Supervisor != old);
        Assert.Equal(workers, supervisor.Ready(2));
        supervisor.CutLifeline();
        Until.True("everything has ended", () => supervisor.Left().Count == 0);
    }

    [Fact]
    public void When_the_web_server_goes_every_worker_is_stopped_and_nothing_is_left()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("processes", "3")));
        var workers = supervisor.Ready(3);
        supervisor.CutLifeline();
        Assert.Equal(0, supervisor.WaitForExit());
        Assert.All(workers, worker => Assert.Contains($"{worker} stop 10000", supervisor.NoteText, StringComparison.Ordinal));
        Assert.False(Directory.Exists(supervisor.Instance));
    }

    [Fact]
    public void The_watchdog_gives_the_end_as_much_time_as_the_groups_need()
    {
        using var supervisor = RunningSupervisor.Start(
            watched: true, ProcessTests.Options(("shutdown-timeout", "500ms")), "--shutdown-timeout", "200");
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "set stubborn=1");
        supervisor.CutLifeline();
        Assert.Equal(0, supervisor.WaitForExit());
        supervisor.HasLogged("MH0711");
    }

    [Fact]
    public void A_web_server_process_gets_a_channel_to_every_worker_and_hears_of_changes()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees("status");
        shim.Sees("group shop Ready");
        shim.Sees($"worker {worker} shop 0");
        var (_, channel, page) = shim.Workers.Values.Single();
        Assert.True(MemoryFile.IsSealed(page, FrameLayout.BegunSize));
        Assert.Equal(-Errno.Again, UnixSocket.Receive(channel, new byte[8]));
        Until.True("the worker has its end", () => supervisor.NoteText.Contains($"{worker} channel {Environment.ProcessId}", StringComparison.Ordinal));

        supervisor.Command(new { command = "reload", wait = true });
        var next = supervisor.Ready(1)[0];
        shim.Sees($"worker {next} shop 0");
        shim.Sees($"draining {worker}");
        shim.Sees($"gone {worker} exited with code 0");
        RunningSupervisor.Kill(next);
        shim.Sees($"gone {next} was killed by signal 9");
        shim.Sees($"worker {supervisor.Ready(1)[0]} shop 0");
    }

    [Fact]
    public void After_a_restart_of_the_supervisor_a_web_server_process_is_told_only_what_it_does_not_know()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("processes", "2")));
        var workers = supervisor.Ready(2);
        uint known;
        using (var before = new FakeShim(supervisor))
        {
            before.Have();
            before.Sees($"worker {workers[0]}");
            known = before.Workers.First(item => item.Value.Pid == workers[0]).Key;
        }

        var old = supervisor.Supervisor;
        RunningSupervisor.Kill(old);
        Until.True("there is another supervisor", () => supervisor.Supervisor != old);
        using var shim = new FakeShim(supervisor);
        shim.Have(known, 12345);
        shim.Sees($"worker {workers[1]}");
        Assert.Equal([workers[1]], shim.Workers.Values.Select(item => item.Pid));

        // A worker that nobody knows belongs to a supervisor whose state was lost.
        shim.Sees("draining #12345");
        shim.Send(FrameType.Lost, [], known);
        shim.Sees($"worker {workers[0]}");
    }

    [Fact]
    public void Demand_brings_a_group_without_workers_to_life()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("min-processes", "0"), ("inactivity-timeout", "1s")));
        Until.True("the group sleeps", () => supervisor.Group()["workers"]!.AsArray().Count == 0);
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees("group shop Starting");
        shim.Demand("shop", 1, 0);
        shim.Sees("worker");
    }

    [Fact]
    public void The_status_page_has_groups_and_metrics()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees("status");
        using var memory = new SharedMemory(shim.StatusPage!, FrameLayout.StatusSize);
        Until.True("the page shows the worker", () => Page(memory) is (var json, var metrics)
            && JsonNode.Parse(json)![0]!["workers"]![0]!["pid"]!.GetValue<int>() == worker
            && metrics.Contains("modhost_workers{group=\"shop\",state=\"ready\"} 1\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("garbage garbage garbage garbage ")]
    [InlineData("")]
    public void A_web_server_process_that_breaks_the_protocol_is_put_out(string what)
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = what.Length > 0 ? FakeShim.Silent(supervisor) : new FakeShim(supervisor);
        if (what.Length > 0)
        {
            shim.SendRaw(Encoding.UTF8.GetBytes(what));
        }
        else
        {
            shim.Demand("shop", 1, 1);
        }

        Until.True("it is closed", () => !shim.Read());
        Assert.Contains(shim.Seen, text => text.StartsWith("close 715", StringComparison.Ordinal));
        supervisor.HasLogged("MH0715");
        Assert.Equal([worker], supervisor.Workers());
    }

    [Fact]
    public void A_new_configuration_touches_only_what_it_changes()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, configuration =>
        {
            foreach (var name in (string[])["changed", "gone"])
            {
                var group = JsonNode.Parse(configuration["groups"]![0]!.ToJsonString())!;
                group["name"] = name;
                configuration["groups"]!.AsArray().Add(group);
            }
        });
        var (kept, changed, gone) = (supervisor.Ready(1), supervisor.Workers(group: "changed"), supervisor.Workers(group: "gone"));
        Until.True("all are ready", () => (changed = supervisor.Workers(group: "changed")).Length
            + (gone = supervisor.Workers(group: "gone")).Length == 2);
        using var old = new FakeShim(supervisor);
        old.Have();
        old.Sees($"worker {gone[0]}");

        var next = JsonNode.Parse(File.ReadAllText(Path.Combine(supervisor.Instance, "config-1.json")))!.AsObject();
        next["groups"]!.AsArray().RemoveAt(2);
        next["groups"]![1]!["env"]!.AsArray().Add(new JsonArray("ADDED", "1"));
        supervisor.Configure(2, next);
        Assert.True(supervisor.Command(new { command = "configure", generation = 2 })!["ok"]!.GetValue<bool>());
        Until.True("the changed group has another worker", () => supervisor.Workers(group: "changed") is [var one] && one != changed[0]);
        Assert.Equal(kept, supervisor.Workers());

        // A process of the older configuration still uses it. Nothing shall happen, so there is no condition to wait for.
        Thread.Sleep(6000);
        Assert.Equal(gone, supervisor.Workers(group: "gone"));
        old.Dispose();
        Until.True("the group is gone", () => supervisor.Command(new { command = "status" })!["groups"]!.AsArray().Count == 2);
        Assert.False(RunningSupervisor.Lives(gone[0]));
    }

    [Fact]
    public void A_bad_configuration_changes_nothing()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var workers = supervisor.Ready(1);
        File.WriteAllText(Path.Combine(supervisor.Instance, "config-2.json"), "{\"version\":1,");
        var answer = supervisor.Command(new { command = "configure", generation = 2 })!;
        Assert.False(answer["ok"]!.GetValue<bool>());
        Assert.Contains("config-2.json", (string?)answer["error"], StringComparison.Ordinal);
        Assert.Equal(1, (int)supervisor.Command(new { command = "status" })!["generation"]!);
        Assert.Equal(workers, supervisor.Workers());
    }

    [Fact]
    public void After_a_configuration_that_was_refused_a_new_supervisor_goes_on_with_the_one_before()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var workers = supervisor.Ready(1);
        File.WriteAllText(Path.Combine(supervisor.Instance, "config-2.json"), "{\"version\":1,");
        Assert.False(supervisor.Command(new { command = "configure", generation = 2 })!["ok"]!.GetValue<bool>());
        var old = supervisor.Supervisor;
        RunningSupervisor.Kill(old);
        Until.True("there is another supervisor", () => supervisor.Supervisor != old);
        Assert.Equal(1, (int)supervisor.Command(new { command = "status" })!["generation"]!);
        Assert.Equal(workers, supervisor.Ready(1));
        supervisor.HasLogged("config-2.json");
    }

    [Fact]
    public void A_group_that_only_older_processes_use_outlives_a_supervisor()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, configuration =>
        {
            var group = JsonNode.Parse(configuration["groups"]![0]!.ToJsonString())!;
            group["name"] = "gone";
            configuration["groups"]!.AsArray().Add(group);
        });
        int[] gone = [];
        Until.True("it is ready", () => (gone = supervisor.Workers(group: "gone")).Length == 1);
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees($"worker {gone[0]}");
        var known = shim.Workers.First(item => item.Value.Pid == gone[0]).Key;

        for (var generation = 2u; generation < 4; generation++)
        {
            var next = JsonNode.Parse(File.ReadAllText(Path.Combine(supervisor.Instance, "config-1.json")))!.AsObject();
            next["groups"]!.AsArray().RemoveAt(1);
            supervisor.Configure(generation, next);
            Assert.True(supervisor.Command(new { command = "configure", generation })!["ok"]!.GetValue<bool>());
        }

        var old = supervisor.Supervisor;
        RunningSupervisor.Kill(old);
        Until.True("there is another supervisor", () => supervisor.Supervisor != old);
        using var again = new FakeShim(supervisor);
        again.Have(known);
        again.Sees("group gone Ready");
        Assert.Equal(gone, supervisor.Workers(group: "gone"));
    }

    [Fact]
    public void A_supervisor_that_dies_while_it_stops_is_followed_by_one_that_stops()
    {
        using var supervisor = RunningSupervisor.Start(watched: true, ProcessTests.Options(("shutdown-timeout", "4s")));
        var worker = supervisor.Ready(1)[0];
        supervisor.OrderDone(worker, "set stubborn=1");
        var old = supervisor.Supervisor;
        supervisor.Command(new { command = "shutdown" });
        Until.True("it is told", () => supervisor.NoteText.Contains($"{worker} stop 4000", StringComparison.Ordinal));
        RunningSupervisor.Kill(old);
        Assert.Equal(0, supervisor.WaitForExit());
        Assert.False(RunningSupervisor.Lives(worker));
    }

    [Fact]
    public void A_web_server_process_that_says_the_same_loss_for_ever_holds_nobody_up()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees($"worker {worker}");
        shim.Flood(new FrameHeader(FrameType.Lost, Value: shim.Workers.Keys.Single()).Frame([]), times: 500_000);
        shim.Seen.Clear();
        shim.Sees($"worker {worker}");
        Assert.Equal([worker], supervisor.Workers());
    }

    private static (string Json, string Metrics) Page(SharedMemory memory)
    {
        var header = new byte[16];
        memory.Read(0, header);
        var json = new byte[BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8))];
        var metrics = new byte[BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12))];
        memory.Read(16, json);
        memory.Read(16 + json.Length, metrics);
        return (Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(metrics));
    }
}
