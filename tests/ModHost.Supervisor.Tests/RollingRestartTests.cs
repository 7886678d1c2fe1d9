using ModHost.Protocol;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Tests;

/// <summary>New workers for old, without a gap.</summary>
public sealed class RollingRestartTests
{
    [Fact]
    public void Workers_are_replaced_one_at_a_time_each_by_one_that_is_ready()
    {
        var world = new FakeWorld(("processes", "3"));
        world.Start();
        var old = world.Ready;
        string? outcome = "none";
        world.Group.Reload(null, "test", world.Now);
        world.Group.WhenSettled(error => outcome = error);
        for (var i = 0; i < 3; i++)
        {
            world.Step();
            Assert.Equal(3, world.Ready.Length);
            var next = world.Starting.Single();
            Assert.Equal(i, next.Index);
            world.BecomeReady(next);
            Assert.Equal(WorkerState.Draining, old[i].State);
        }

        world.Step();
        Assert.Null(outcome);
        Assert.False(world.Group.IsRolling);
        Assert.Empty(world.Ready.Intersect(old));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_group_that_sleeps_has_nothing_to_replace_and_nobody_waits_for_that(bool restart)
    {
        var world = new FakeWorld(("min-processes", "0"), ("inactivity-timeout", "60s"));
        world.Start();
        world.Pass(130_000);
        Assert.Empty(world.Group.Workers);
        string? outcome = "none";
        if (restart)
        {
            world.Group.Restart(world.Now);
        }
        else
        {
            world.Group.Reload(Specs.Version("2", ("min-processes", "0"), ("inactivity-timeout", "60s")), "test", world.Now);
        }

        world.Group.WhenSettled(error => outcome = error);
        world.Step();
        Assert.Null(outcome);
        Assert.Empty(world.Group.Workers);
        world.Group.Demand.Told(1, 1, 0, world.Now);
        world.Step();
        Assert.Equal(restart ? "/srv/1/App.dll" : "/srv/2/App.dll", world.Starting.Single().Spec.Group.App.Path);
    }

    [Fact]
    public void A_new_version_that_does_not_start_leaves_the_old_one()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        var old = world.Ready;
        string? outcome = "none";
        world.Group.Reload(Specs.Version("2", ("processes", "2")), "test", world.Now);
        world.Group.WhenSettled(error => outcome = error);
        world.Step();
        world.Fail(world.Starting.Single());
        Assert.Equal(old, world.Ready);
        Assert.Empty(world.Starting);
        Assert.Equal("no database", outcome);
        Assert.Equal(AppState.Ready, world.Group.Status.State);
        Assert.Contains(world.Lines, line => line.StartsWith("MH0709", StringComparison.Ordinal));
        Assert.Equal("no database", world.Group.Refusal?.Text);
        world.Pass(60_000);
        Assert.Equal(old, world.Ready);

        // What replaces an old worker now is of the old version; who asks again gets the new one.
        world.End(old[0], "exited with code 3");
        Assert.Equal("/srv/1/App.dll", world.Starting.Single().Spec.Group.App.Path);
        world.Start();
        world.Group.Reload(null, "again", world.Now);
        Assert.Null(world.Group.Refusal);
        world.Step();
        Assert.Equal("/srv/2/App.dll", world.Starting.Single().Spec.Group.App.Path);
    }

    [Fact]
    public void A_refused_version_is_tried_again_when_it_is_configured_again()
    {
        var world = new FakeWorld();
        world.Start();
        var next = Specs.Version("2");
        world.Group.Reload(next, "test", world.Now);
        world.Step();
        world.Fail(world.Starting.Single());
        Assert.NotEqual(next.Fingerprint, world.Group.Fingerprint);
        world.Group.Reload(next, "test", world.Now);
        world.Step();
        world.BecomeReady(world.Starting.Single());
        Assert.Equal(next.Fingerprint, world.Group.Fingerprint);
    }

    [Fact]
    public void With_nothing_that_serves_there_is_nothing_to_keep()
    {
        var world = new FakeWorld();
        world.Step();
        var first = world.Starting.Single();
        world.Group.Reload(Specs.Version("2"), "test", world.Now);
        world.Step();
        Assert.Equal(WorkerState.Stopping, first.State);
        Assert.Equal("/srv/2/App.dll", world.Starting.Single().Spec.Group.App.Path);
        Assert.False(world.Group.IsRolling);
    }

    [Fact]
    public void A_reload_ends_the_wait_of_a_group_that_fails()
    {
        var world = new FakeWorld();
        world.Step();
        for (var i = 0; i < 6; i++)
        {
            world.Fail(world.Starting.Single());
            world.Pass(40_000, answer: false);
        }

        world.Fail(world.Starting.Single());
        Assert.Empty(world.Starting);
        world.Group.Reload(null, "deployed", world.Now);
        world.Step();
        Assert.Single(world.Starting);
        Assert.Equal(AppState.Starting, world.Group.Status.State);
    }

    [Fact]
    public void A_second_reload_replaces_what_the_first_one_was_starting()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        world.Group.Reload(Specs.Version("2", ("processes", "2")), "first", world.Now);
        world.Step();
        var halfway = world.Starting.Single();
        world.Group.Reload(Specs.Version("3", ("processes", "2")), "second", world.Now);
        world.Step();
        Assert.Equal(WorkerState.Stopping, halfway.State);
        world.End(halfway);
        Assert.Equal("/srv/3/App.dll", world.Starting.Single().Spec.Group.App.Path);
        Assert.Equal(2, world.Ready.Length);
        Assert.True(world.Group.IsRolling);
    }

    [Fact]
    public void An_old_worker_that_dies_meanwhile_is_replaced_by_a_new_one()
    {
        var world = new FakeWorld(("processes", "2"));
        world.Start();
        var old = world.Ready;
        world.Group.Reload(null, "test", world.Now);
        world.Step();
        world.End(old[1], "exited with code 3");
        Assert.Equal(2, world.Starting.Length);
        world.Start();
        world.Start();
        Assert.False(world.Group.IsRolling);
        Assert.Empty(world.Ready.Intersect(old));
    }

    [Fact]
    public void A_reload_wakes_a_group_that_was_stopped()
    {
        var world = new FakeWorld();
        world.Start();
        world.Group.Halt(EndCause.Command, drain: true, world.Now);
        world.Pass(1000);
        Assert.Empty(world.Group.Workers);
        world.Group.Reload(null, "test", world.Now);
        world.Step();
        Assert.Single(world.Starting);
    }

    [Fact]
    public void Nothing_wakes_a_group_of_a_supervisor_that_stops()
    {
        var world = new FakeWorld();
        world.Start();
        world.Group.Halt(EndCause.Shutdown, drain: false, world.Now);
        world.Group.Reload(null, "test", world.Now);
        world.Pass(1000);
        Assert.Empty(world.Group.Workers);
    }
}
