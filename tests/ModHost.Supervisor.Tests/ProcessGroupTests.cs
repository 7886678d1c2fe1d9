using ModHost.Protocol;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Tests;

/// <summary>How many workers there are, and which come and go.</summary>
public sealed class ProcessGroupTests
{
    [Fact]
    public void A_group_starts_as_many_workers_as_configured_and_offers_each_when_it_is_ready()
    {
        var world = new FakeWorld(("processes", "3"));
        world.Step();
        Assert.Equal([0, 1, 2], world.Starting.Select(worker => worker.Index));
        world.Start();
        Assert.Equal(3, world.Events.Count(text => text.StartsWith("offer", StringComparison.Ordinal)));
        Assert.Contains("state Ready", world.Events);
        Assert.Equal(AppState.Ready, world.Group.Status.State);
    }

    [Fact]
    public void A_worker_that_dies_is_replaced_at_once_with_the_same_index()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        var dead = world.Ready[1];
        world.End(dead, "was killed by signal 9 (SIGKILL)");
        Assert.Equal(1, world.Starting.Single().Index);
        Assert.Contains(world.Lines, line => line == "MH0705 was killed by signal 9 (SIGKILL)");
        Assert.Contains($"gone {dead.Id}", world.Events);
        Assert.Equal(AppState.Ready, world.Group.Status.State);
    }

    [Fact]
    public void Crashes_that_follow_each_other_are_backed_off_and_the_breaker_says_so()
    {
        var world = new FakeWorld();
        world.Start();
        for (var i = 0; i < CrashBackoff.BreakerAt - 1; i++)
        {
            world.End(world.Ready.Single(), "exited with code 3");
            world.Pass(6000, answer: false);
            world.Start();
        }

        Assert.DoesNotContain(world.Lines, line => line.StartsWith("MH0706", StringComparison.Ordinal));
        world.End(world.Ready.Single(), "exited with code 3");
        Assert.Empty(world.Starting);
        Assert.Contains(world.Lines, line => line.StartsWith("MH0706", StringComparison.Ordinal));
        Assert.Equal(AppState.Failed, world.Group.Status.State);
        world.Pass(10_000, answer: false);
        Assert.Single(world.Starting);
        Assert.Equal(AppState.Starting, world.Group.Status.State);
    }

    [Fact]
    public void Starts_that_fail_are_tried_ever_more_rarely_and_requests_are_told_why()
    {
        var world = new FakeWorld();
        world.Step();
        var delays = new List<long>();
        for (var i = 0; i < 9; i++)
        {
            var began = world.Now;
            world.Fail(world.Starting.Single());
            Assert.Equal(new GroupStatus(AppState.Failed, 501, "no database"), world.Group.Status);
            while (world.Starting.Length == 0)
            {
                world.Pass(100, answer: false);
            }

            delays.Add(world.Now - began);
        }

        Assert.Equal(delays.Order(), delays);
        Assert.InRange(delays[0], 500, 600);
        Assert.InRange(delays[^1], 30_000, 30_100);
        Assert.Single(world.Lines, line => line.StartsWith("MH0706", StringComparison.Ordinal));
        world.BecomeReady(world.Starting.Single());
        Assert.Equal(AppState.Ready, world.Group.Status.State);
    }

    [Fact]
    public void While_starts_fail_only_one_worker_at_a_time_is_tried()
    {
        var world = new FakeWorld(("processes", "4"));
        world.Step();
        foreach (var worker in world.Starting)
        {
            world.Fail(worker);
        }

        Assert.Equal(1, world.Group.Backoff.Failures);
        world.Pass(600, answer: false);
        Assert.Single(world.Starting);
        world.BecomeReady(world.Starting.Single());
        Assert.Equal(3, world.Starting.Length);
    }

    [Fact]
    public void A_failed_start_is_dealt_with_when_it_is_told_and_not_again_when_the_process_ends()
    {
        var world = new FakeWorld();
        world.Step();
        var failed = world.Starting.Single();
        world.Group.AppFailed(failed, 501, "no database", world.Now);
        world.Step();
        Assert.Empty(world.Starting);
        Assert.Equal(AppState.Failed, world.Group.Status.State);
        world.End(failed, "exited with code 1");
        Assert.Equal(1, world.Group.Backoff.Failures);
        Assert.Single(world.Lines, line => line.Contains("no database", StringComparison.Ordinal));
        world.Pass(600, answer: false);
        Assert.Single(world.Starting);
    }

    [Fact]
    public void An_application_that_stops_by_itself_is_replaced_while_it_stops()
    {
        var world = new FakeWorld();
        world.Start();
        var stopping = world.Ready.Single();
        world.Group.AppStopped(stopping, world.Now);
        world.Step();
        Assert.Single(world.Starting);
        Assert.Contains(world.Lines, line => line.StartsWith("MH0721", StringComparison.Ordinal));
        world.End(stopping);
        Assert.Single(world.Starting);
    }

    [Fact]
    public void Requests_wait_when_a_worker_was_killed_on_its_way_but_not_for_one_that_never_comes()
    {
        var world = new FakeWorld();
        world.Step();
        world.End(world.Starting.Single(), "was killed by signal 9 (SIGKILL)");
        Assert.Equal(AppState.Starting, world.Group.Status.State);
        world.Pass(600, answer: false);
        world.End(world.Starting.Single(), "exited with code 1");
        Assert.Equal(AppState.Failed, world.Group.Status.State);
    }

    [Fact]
    public void A_process_that_cannot_be_started_counts_as_a_failed_start()
    {
        var world = new FakeWorld { SpawnError = "posix_spawn: no such file" };
        world.Step();
        Assert.Equal(AppState.Failed, world.Group.Status.State);
        Assert.Equal(712u, world.Group.Status.Code);
        world.SpawnError = null;
        world.Pass(600, answer: false);
        Assert.Single(world.Starting);
    }

    [Theory]
    [InlineData("maximum-requests", "100")]
    [InlineData("memory-limit", "1000")]
    public void A_worker_at_its_limit_drains_when_its_replacement_is_ready(string option, string limit)
    {
        var world = new FakeWorld((option, limit));
        world.Start();
        var old = world.Ready.Single();
        world.Load(old, new WorkerLoad { Requests = 110, InFlight = 2, CommittedBytes = 1000 });
        Assert.Equal(WorkerState.Ready, old.State);
        var next = world.Starting.Single();
        Assert.Equal(old.Index, next.Index);
        world.BecomeReady(next);
        Assert.Equal(WorkerState.Draining, old.State);
        Assert.True(world.Events.IndexOf($"offer {next.Id}") < world.Events.IndexOf($"withdraw {old.Id}"));
        Assert.Contains(world.Lines, line => line.StartsWith("MH0708", StringComparison.Ordinal));
    }

    [Fact]
    public void A_replacement_that_fails_leaves_the_old_worker_and_is_tried_again()
    {
        var world = new FakeWorld(("memory-limit", "1000"));
        world.Start();
        var old = world.Ready.Single();
        world.Load(old, new WorkerLoad { CommittedBytes = 1000 });
        world.Fail(world.Starting.Single());
        Assert.Equal([old], world.Ready);
        Assert.Empty(world.Starting);
        Assert.Equal(AppState.Ready, world.Group.Status.State);
        world.Pass(1000);
        Assert.Single(world.Starting);
    }

    [Fact]
    public void Workers_that_are_above_memory_limit_from_the_start_are_replaced_ever_more_rarely_and_one_line_says_why()
    {
        var world = new FakeWorld(("memory-limit", "1000")) { Resident = 2000 };
        for (var i = 0; i < 240; i++)
        {
            world.Start();
            world.Pass(500);
        }

        Assert.InRange(world.Events.Count(text => text.StartsWith("spawn", StringComparison.Ordinal)), 6, 12);
        Assert.Single(world.Lines, line => line.StartsWith("MH0708 memory-limit", StringComparison.Ordinal));
        Assert.Equal(AppState.Ready, world.Group.Status.State);

        // A limit that suits them takes what was wished back.
        world.Group.Adjust(Specs.Of(("memory-limit", "5000")));
        world.Start();
        var kept = world.Ready;
        world.Pass(60_000);
        Assert.Equal(kept, world.Ready);
    }

    [Fact]
    public void A_worker_that_grows_by_its_work_is_replaced_at_once_however_often_that_happens()
    {
        var world = new FakeWorld(("memory-limit", "1000"));
        world.Start();
        for (var i = 0; i < 10; i++)
        {
            world.Pass(GrowthBackoff.Settling);
            world.Process(world.Ready.Single()).Resident = 1000;
            world.Pass(WorkerLife.BeatInterval + 50);
            Assert.Single(world.Starting);
            world.Start();
        }

        Assert.DoesNotContain(world.Lines, line => line.StartsWith("MH0708 memory-limit", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_one_worker_at_a_time_is_replaced()
    {
        var world = new FakeWorld(("processes", "3"), ("maximum-requests", "1"));
        world.Start();
        foreach (var worker in world.Ready)
        {
            world.Load(worker, new WorkerLoad { Requests = 5 });
        }

        Assert.Single(world.Starting);
        world.BecomeReady(world.Starting.Single());
        Assert.Single(world.Draining);
        Assert.Equal(3, world.Ready.Length);
        Assert.Single(world.Starting);
    }

    [Fact]
    public void A_stuck_request_has_its_worker_replaced()
    {
        var world = new FakeWorld();
        world.Start();
        var old = world.Ready.Single();
        ProcessGroup.Stuck(old, world.Now);
        world.Step();
        world.BecomeReady(world.Starting.Single());
        Assert.Equal((WorkerState.Draining, EndCause.Stuck), (old.State, old.Life.Cause));
    }

    [Fact]
    public void A_starved_worker_is_replaced()
    {
        var world = new FakeWorld();
        world.Start();
        world.Pass(WorkerLife.StarvationLimit + 5000, answer: false);
        Assert.Single(world.Starting);
        Assert.Contains(world.Lines, line => line.Contains("thread pool", StringComparison.Ordinal));
    }

    [Fact]
    public void Waiting_requests_start_more_workers_up_to_the_most_and_quiet_ends_them()
    {
        var world = new FakeWorld(("processes", "1"), ("max-processes", "3"));
        world.Start();
        for (var i = 0; i < 10; i++)
        {
            world.Group.Demand.Told(1, 5, 500, world.Now);
            world.Step();
            Assert.True(world.Starting.Length <= 1);
            world.Start();
            world.Pass(1000);
        }

        Assert.Equal(3, world.Ready.Length);
        world.Group.Demand.Told(1, 0, 0, world.Now);
        world.Pass(3 * Scaling.Quiet);
        Assert.Single(world.Live);
        Assert.Equal(0, world.Ready.Single().Index);
    }

    [Fact]
    public void A_short_wait_starts_nothing()
    {
        var world = new FakeWorld(("processes", "1"), ("max-processes", "3"));
        world.Start();
        world.Pass(2000);
        world.Group.Demand.Told(1, 5, 50, world.Now);
        world.Step();
        Assert.Empty(world.Starting);
    }

    [Fact]
    public void An_idle_group_goes_down_to_nothing_and_demand_brings_it_back()
    {
        var world = new FakeWorld(("processes", "2"), ("min-processes", "0"), ("inactivity-timeout", "60s"));
        world.Start();
        world.Pass(130_000);
        Assert.Empty(world.Group.Workers);
        Assert.Equal(AppState.Starting, world.Group.Status.State);
        world.Pass(300_000);
        Assert.Empty(world.Group.Workers);
        world.Group.Demand.Told(1, 1, 0, world.Now);
        world.Step();
        Assert.Single(world.Starting);
    }

    [Fact]
    public void A_worker_with_requests_is_not_idle()
    {
        var world = new FakeWorld(("min-processes", "0"), ("inactivity-timeout", "60s"));
        world.Start();
        world.Load(world.Ready.Single(), new WorkerLoad { InFlight = 1 });
        world.Pass(300_000);
        Assert.Single(world.Ready);
    }

    [Fact]
    public void At_the_least_number_an_idle_worker_that_has_served_is_replaced_once()
    {
        var world = new FakeWorld(("inactivity-timeout", "60s"));
        world.Start();
        var old = world.Ready.Single();
        world.Load(old, new WorkerLoad { Requests = 5 });
        world.Pass(70_000);
        world.Start();
        world.Pass(5000);
        Assert.NotSame(old, world.Ready.Single());
        world.Pass(200_000);
        Assert.Empty(world.Starting);
    }

    [Fact]
    public void Stopping_ends_all_and_starts_none()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        var told = 0;
        world.Group.Halt(EndCause.Shutdown, drain: false, world.Now);
        world.Group.WhenSettled(_ => told++);
        world.Step();
        Assert.All(world.Group.Workers, worker => Assert.Equal(WorkerState.Stopping, worker.State));
        Assert.Equal(AppState.Stopped, world.Group.Status.State);
        world.Pass(1000);
        Assert.Empty(world.Group.Workers);
        Assert.Equal(1, told);
        world.Pass(60_000);
        Assert.Empty(world.Group.Workers);
    }

    [Fact]
    public void Restarting_stops_all_and_then_starts_as_many()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        string? outcome = "none";
        world.Group.Restart(world.Now);
        world.Group.WhenSettled(error => outcome = error);
        world.Step();
        Assert.Equal(AppState.Starting, world.Group.Status.State);
        Assert.All(world.Group.Workers, worker => Assert.Equal(WorkerState.Stopping, worker.State));
        world.Pass(1000);
        Assert.Equal("none", outcome);
        world.Start();
        Assert.Equal(2, world.Ready.Length);
        Assert.Null(outcome);
    }

    [Fact]
    public void Fewer_processes_in_a_new_configuration_drain_the_last_ones()
    {
        var world = new FakeWorld(("processes", "3"));
        world.Start();
        world.Group.Adjust(Specs.Of(("processes", "1")));
        world.Step();
        Assert.Equal([0], world.Ready.Select(worker => worker.Index));
        Assert.All(world.Draining, worker => Assert.Equal(EndCause.Surplus, worker.Life.Cause));
    }
}
