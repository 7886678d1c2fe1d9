using ModHost.Protocol;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor.Tests;

/// <summary>Every transition of a worker's life.</summary>
public sealed class WorkerLifeTests
{
    private readonly FakeProcess _process = new();

    [Fact]
    public void Hello_leads_from_spawned_to_starting()
    {
        var life = Spawned();
        Assert.Equal(WorkerState.Spawned, life.State);
        life.Greeted(10);
        Assert.Equal(WorkerState.Starting, life.State);
        Assert.Empty(_process.Take());
    }

    [Fact]
    public void A_host_that_has_started_is_ready_and_is_asked_for_a_sign_of_life()
    {
        var life = Starting();
        life.AppReady(50);
        Assert.Equal(WorkerState.Ready, life.State);
        Assert.Equal(50, life.ReadyAt);
        life.Step(50);
        Assert.Equal(["beat"], _process.Take());
    }

    [Fact]
    public void With_a_warm_up_path_ready_comes_after_its_answer()
    {
        var life = Starting(new WorkerLimits { Warmup = "/warm" });
        life.AppReady(50);
        Assert.Equal(WorkerState.Warming, life.State);
        Assert.Equal(["warmup /warm"], _process.Take());
        life.Warmed(404, 60);
        Assert.Equal(WorkerState.Ready, life.State);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public void A_warm_up_that_fails_is_a_failed_start(uint status)
    {
        var life = Starting(new WorkerLimits { Warmup = "/warm" });
        life.AppReady(50);
        life.Warmed(status, 60);
        Assert.Equal((WorkerState.Stopping, EndCause.StartFailed), (life.State, life.Cause));
        Assert.Equal(713u, life.Failure.Code);
        Assert.Contains("/warm", life.Failure.Text, StringComparison.Ordinal);
        life.Exited(70);
        Assert.Equal(EndCause.StartFailed, life.Cause);
    }

    [Theory]
    [InlineData((int)WorkerState.Spawned)]
    [InlineData((int)WorkerState.Starting)]
    [InlineData((int)WorkerState.Warming)]
    public void Whatever_is_not_ready_in_time_is_killed(int number)
    {
        var life = In((WorkerState)number, new WorkerLimits { StartupTimeout = 1000, Warmup = "/" });
        Assert.Equal(1000, life.Step(999));
        Assert.Equal((WorkerState)number, life.State);
        life.Step(1000);
        Assert.Equal((WorkerState.Stopping, EndCause.StartTimeout), (life.State, life.Cause));
        Assert.Contains("kill", _process.Take());
        Assert.Contains(_process.Lines, line => line.StartsWith("MH0703", StringComparison.Ordinal));
        Assert.Equal(703u, life.Failure.Code);
    }

    [Fact]
    public void Without_a_startup_timeout_it_may_take_for_ever()
    {
        var life = Starting(new WorkerLimits { StartupTimeout = 0 });
        Assert.Equal(long.MaxValue, life.Step(1_000_000_000));
        Assert.Equal(WorkerState.Starting, life.State);
    }

    [Fact]
    public void A_failed_start_keeps_its_reason_and_the_process_gets_a_moment_to_end()
    {
        var life = Starting();
        life.AppFailed(501, "no database", 50);
        Assert.Equal(WorkerState.Stopping, life.State);
        Assert.Equal((501u, "no database"), life.Failure);
        life.Step(50 + WorkerLife.FailedExit - 1);
        Assert.DoesNotContain("kill", _process.Take());
        life.Step(50 + WorkerLife.FailedExit);
        Assert.Contains("kill", _process.Take());
    }

    [Fact]
    public void An_exit_before_ready_is_a_failed_start_and_one_after_it_a_crash()
    {
        var early = Starting();
        early.Exited(20);
        Assert.Equal((WorkerState.Gone, EndCause.StartFailed, false), (early.State, early.Cause, early.WasReady));
        var late = Ready();
        late.Exited(200);
        Assert.Equal((WorkerState.Gone, EndCause.Crash, true), (late.State, late.Cause, late.WasReady));
    }

    [Fact]
    public void A_draining_worker_stops_when_an_answer_to_a_later_heartbeat_says_that_nothing_runs()
    {
        var life = Ready();
        life.Step(100);
        var before = _process.Beat;
        _process.Take();
        life.Drain(EndCause.Reload, 200);
        Assert.Equal(WorkerState.Draining, life.State);
        life.Step(200);
        Assert.Equal(["drain", "beat"], _process.Take());

        // The answer to what was asked before says nothing about requests that came since.
        life.Alive(before, new WorkerLoad(), 210);
        Assert.Equal(WorkerState.Draining, life.State);
        life.Alive(_process.Beat, new WorkerLoad { InFlight = 1 }, 220);
        Assert.Equal(WorkerState.Draining, life.State);
        life.Step(200 + WorkerLife.DrainBeatInterval);
        life.Alive(_process.Beat, new WorkerLoad(), 450);
        Assert.Equal((WorkerState.Stopping, EndCause.Reload), (life.State, life.Cause));
        Assert.Contains("stop 10000", _process.Take());
    }

    [Fact]
    public void Times_of_0_are_no_limit()
    {
        var life = Ready(new WorkerLimits { GracefulTimeout = 0, ShutdownTimeout = 0 });
        life.Alive(0, new WorkerLoad { InFlight = 3 }, 100);
        life.Drain(EndCause.Reload, 1000);
        life.Step(1_000_000_000);
        Assert.Equal(WorkerState.Draining, life.State);
        life.Stop(EndCause.Command, 1_000_000_000);
        life.Step(2_000_000_000);
        Assert.Equal(WorkerState.Stopping, life.State);
        Assert.DoesNotContain("kill", _process.Take());
    }

    [Fact]
    public void Requests_that_do_not_end_are_given_up_after_graceful_timeout()
    {
        var life = Ready(new WorkerLimits { GracefulTimeout = 5000 });
        life.Alive(0, new WorkerLoad { InFlight = 3 }, 100);
        life.Drain(EndCause.Reload, 1000);
        life.Step(5999);
        Assert.Equal(WorkerState.Draining, life.State);
        life.Step(6000);
        Assert.Equal(WorkerState.Stopping, life.State);
        Assert.Contains(_process.Lines, line => line.StartsWith("MH0710 3 requests", StringComparison.Ordinal));
    }

    [Fact]
    public void A_process_that_does_not_stop_is_killed_once()
    {
        var life = Ready(new WorkerLimits { ShutdownTimeout = 2000 });
        life.Stop(EndCause.Shutdown, 1000);
        Assert.Contains("stop 2000", _process.Take());
        life.Step(1000 + 2000 + WorkerLife.KillMargin - 1);
        Assert.DoesNotContain("kill", _process.Take());
        life.Step(1000 + 2000 + WorkerLife.KillMargin);
        Assert.Equal(["kill"], _process.Take());
        life.Step(1_000_000);
        Assert.Empty(_process.Take());
        life.Exited(1_000_001);
        Assert.Equal((WorkerState.Gone, EndCause.Shutdown), (life.State, life.Cause));
    }

    [Fact]
    public void What_has_not_become_ready_stops_where_it_should_drain()
    {
        var life = Starting();
        life.Drain(EndCause.Surplus, 30);
        Assert.Equal((WorkerState.Stopping, EndCause.Surplus), (life.State, life.Cause));
    }

    [Fact]
    public void An_application_that_stops_by_itself_gets_no_more_requests()
    {
        var life = Ready();
        life.AppStopped(500);
        Assert.Equal((WorkerState.Stopping, EndCause.AppStopped), (life.State, life.Cause));
    }

    [Fact]
    public void A_control_connection_that_ends_is_no_news_if_the_process_ends_too()
    {
        var life = Ready();
        life.Lost(500);
        life.Step(500);
        Assert.Equal(WorkerState.Ready, life.State);
        life.Exited(600);
        Assert.Equal(EndCause.Crash, life.Cause);
    }

    [Fact]
    public void A_process_that_lives_on_without_its_control_connection_is_ended()
    {
        var life = Ready();
        life.Lost(500);
        life.Step(500 + WorkerLife.LostLimit);
        Assert.Equal((WorkerState.Stopping, EndCause.Protocol), (life.State, life.Cause));
        life.Step(500 + WorkerLife.LostLimit + WorkerLife.FailedExit);
        Assert.Contains("kill", _process.Take());
    }

    [Fact]
    public void Silence_is_logged_then_asks_for_a_replacement_and_an_answer_takes_that_back()
    {
        var life = Ready();
        life.Step(100);
        life.Step(100 + WorkerLife.StarvationSeen);
        Assert.Contains(_process.Lines, line => line.StartsWith("MH0707", StringComparison.Ordinal)
            && line.Contains("thread pool", StringComparison.Ordinal));
        Assert.Equal(EndCause.None, life.Wish);
        life.Step(100 + WorkerLife.StarvationLimit);
        Assert.Equal(EndCause.Starved, life.Wish);
        life.Alive(_process.Beat, new WorkerLoad(), 40_000);
        Assert.Equal(EndCause.None, life.Wish);
        Assert.Equal(2, _process.Lines.Count);
    }

    [Fact]
    public void Requests_that_wait_for_threads_are_logged_once_but_not_those_of_a_busy_worker()
    {
        var life = Ready();
        life.Alive(1, new WorkerLoad { PoolQueue = 90, PoolThreads = 4, Requests = 5000 }, 200);
        Assert.Empty(_process.Lines);
        life.Alive(2, new WorkerLoad { PoolQueue = 90, PoolThreads = 8, Requests = 5008 }, 3200);
        life.Alive(3, new WorkerLoad { PoolQueue = 80, PoolThreads = 8, Requests = 5016 }, 6200);
        Assert.StartsWith("MH0707 the thread pool is starved: 90 requests wait", Assert.Single(_process.Lines), StringComparison.Ordinal);
        Assert.Equal(EndCause.None, life.Wish);
        life.Alive(4, new WorkerLoad { PoolThreads = 8, Requests = 5100 }, 9200);
        life.Alive(5, new WorkerLoad { PoolQueue = 50, PoolThreads = 8, Requests = 5101 }, 12_200);
        Assert.Equal(2, _process.Lines.Count);
    }

    [Fact]
    public void A_process_stopped_by_a_signal_is_not_waited_for_so_long_and_is_not_drained()
    {
        var life = Ready();
        life.Step(100);
        _process.Suspended = true;
        life.Step(100 + WorkerLife.SuspensionLimit);
        Assert.Equal(EndCause.Starved, life.Wish);
        life.Drain(EndCause.Starved, 10_000);
        Assert.Equal(WorkerState.Stopping, life.State);
    }

    [Fact]
    public void Limits_ask_for_a_replacement()
    {
        var requests = Ready(new WorkerLimits { MaximumRequests = 10 });
        requests.Alive(0, new WorkerLoad { Requests = 9 }, 200);
        Assert.Equal(EndCause.None, requests.Wish);
        requests.Alive(0, new WorkerLoad { Requests = 10 }, 300);
        Assert.Equal(EndCause.MaximumRequests, requests.Wish);

        var resident = Ready(new WorkerLimits { MemoryLimit = 1000 });
        _process.Resident = 1000;
        resident.Alive(0, new WorkerLoad(), 200);
        Assert.Equal(EndCause.MemoryLimit, resident.Wish);

        _process.Resident = 10;
        var committed = Ready(new WorkerLimits { MemoryLimit = 1000 });
        committed.Alive(0, new WorkerLoad { CommittedBytes = 1000 }, 200);
        Assert.Equal(EndCause.MemoryLimit, committed.Wish);

        var old = Ready(new WorkerLimits { RestartInterval = 5000 });
        old.Step(5099);
        Assert.Equal(EndCause.None, old.Wish);
        old.Step(5100);
        Assert.Equal(EndCause.RestartInterval, old.Wish);
    }

    [Fact]
    public void Workers_that_began_together_have_limits_that_differ()
    {
        var options = Specs.Options(("maximum-requests", "1000"), ("restart-interval", "1000"));
        Assert.Equal(1000u, WorkerLimits.Of(options, 0).MaximumRequests);
        Assert.Equal(1050u, WorkerLimits.Of(options, 0.5).MaximumRequests);
        Assert.Equal(1_050_000, WorkerLimits.Of(options, 0.5).RestartInterval);
    }

    [Theory]
    [InlineData((int)WorkerState.Stopping)]
    [InlineData((int)WorkerState.Gone)]
    public void Nothing_leads_back(int number)
    {
        var life = In((WorkerState)number, new WorkerLimits());
        life.Greeted(900);
        life.AppReady(900);
        life.Warmed(200, 900);
        life.AppFailed(501, "", 900);
        life.AppStopped(900);
        life.Drain(EndCause.Reload, 900);
        life.Stop(EndCause.Reload, 900);
        life.Lost(900);
        life.Broke(900);
        Assert.Equal((WorkerState)number, life.State);
    }

    [Fact]
    public void A_worker_that_an_earlier_supervisor_has_stopped_is_told_again_and_killed_in_time()
    {
        var life = WorkerLife.Resume(_process, new WorkerLimits(), Saved(WorkerState.Stopping, EndCause.Reload), 2_000);
        Assert.Equal(["stop 10000"], _process.Take());
        life.Step(11_999);
        Assert.Empty(_process.Take());
        life.Step(12_000);
        Assert.Equal(["kill"], _process.Take());
    }

    [Theory]
    [InlineData((int)EndCause.StartFailed)]
    [InlineData((int)EndCause.StartTimeout)]
    [InlineData((int)EndCause.Protocol)]
    public void What_is_left_of_a_worker_that_failed_is_killed_soon_also_by_the_next_supervisor(int cause)
    {
        var limits = new WorkerLimits { ShutdownTimeout = 0 };
        var life = WorkerLife.Resume(_process, limits, Saved(WorkerState.Stopping, (EndCause)cause), 2_000);
        life.Step(1_000 + WorkerLife.FailedExit);
        Assert.Contains("kill", _process.Take());
    }

    private static SavedWorker Saved(WorkerState state, EndCause cause) =>
        new() { State = state, Cause = cause, Spawned = 100, ReadyAt = 200, Since = 1_000 };

    private WorkerLife Spawned(WorkerLimits? limits = null) => new(_process, limits ?? new WorkerLimits(), 0);

    private WorkerLife Starting(WorkerLimits? limits = null) => In(WorkerState.Starting, limits ?? new WorkerLimits());

    private WorkerLife Ready(WorkerLimits? limits = null) => In(WorkerState.Ready, limits ?? new WorkerLimits());

    private WorkerLife In(WorkerState state, WorkerLimits limits)
    {
        var life = Spawned(limits);
        if (state >= WorkerState.Starting)
        {
            life.Greeted(10);
        }

        if (state >= WorkerState.Warming)
        {
            life.AppReady(100);
        }

        if (state >= WorkerState.Ready)
        {
            life.Warmed(200, 100);
        }

        if (state >= WorkerState.Stopping)
        {
            life.Stop(EndCause.Command, 200);
        }

        if (state == WorkerState.Gone)
        {
            life.Exited(300);
        }

        return life;
    }
}
