using ModHost.Protocol;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>Unmodified applications in processes of their own.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void An_unmodified_application_answers_over_a_channel()
    {
        using var worker = WorkerUnderTest.Start(WorkerUnderTest.App("Hello"));
        using var shim = worker.Supervisor.OpenChannel();

        var answer = shim.Get("/plaintext");

        Assert.Equal(200, answer.Status);
        Assert.Equal("Hello, World!", answer.Text);
        Assert.Contains("ModHost.Server.ModHostServer", shim.Get("/").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_runs_the_application_to_its_end()
    {
        using var worker = WorkerUnderTest.Start(WorkerUnderTest.App("Hello"));
        using var shim = worker.Supervisor.OpenChannel();

        worker.Supervisor.Stop();

        shim.Receive(FrameType.Drain);
        worker.Supervisor.ReceiveState(AppState.Stopping);
        shim.Send(new FrameHeader(FrameType.Drained));
        worker.Supervisor.ReceiveState(AppState.Stopped);
        Assert.Equal(0, worker.WaitForExit().Code);
    }

    [Fact]
    public void Stop_within_less_than_was_configured_is_over_in_that_time()
    {
        var app = WorkerUnderTest.App("Hello");
        using var worker = WorkerUnderTest.Launch(app);
        worker.Supervisor.Greet();
        var settings = WorkerUnderTest.Settings(app);
        settings["shutdownTimeout"] = 3_600_000;
        worker.Supervisor.Configure(settings);
        worker.WaitUntilReady();

        // A web server that never says that it is drained.
        using var shim = worker.Supervisor.OpenChannel();

        worker.Supervisor.Stop(milliseconds: 200);

        worker.Supervisor.ReceiveState(AppState.Stopping);
        worker.Supervisor.ReceiveState(AppState.Stopped);
        Assert.Equal(0, worker.WaitForExit().Code);
    }

    [Fact]
    public void A_signal_to_end_is_as_good_as_an_order()
    {
        using var worker = WorkerUnderTest.Start(WorkerUnderTest.App("Hello"));

        worker.Signal(15);

        worker.Supervisor.ReceiveState(AppState.Stopping);
        worker.Supervisor.ReceiveState(AppState.Stopped);
        Assert.Equal(0, worker.WaitForExit().Code);
    }

    [Fact]
    public void Without_a_supervisor_it_serves_its_channels_and_then_ends()
    {
        using var worker = WorkerUnderTest.Start(WorkerUnderTest.App("Hello"));
        var shim = worker.Supervisor.OpenChannel();

        worker.Supervisor.Dispose();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, shim.Get("/plaintext").Status);
        }

        shim.Dispose();
        Assert.Equal(0, worker.WaitForExit().Code);
        Assert.Contains("MH0659", worker.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hook_takes_its_own_variables_away_and_leaves_the_users()
    {
        using var folder = new BehaviourFolder("environment");
        var own = $"DOTNET_STARTUP_HOOKS={folder.App}";

        var hooks = $"DOTNET_STARTUP_HOOKS={WorkerUnderTest.Hook}:{folder.App}";

        var output = RunToEnd(WorkerUnderTest.Start(folder.App, hooks));

        Assert.Contains("hook=ran", output);
        Assert.Contains(own, output);
        Assert.DoesNotContain(output, line => line.StartsWith("MODHOST_CONTROL_FD", StringComparison.Ordinal));
        Assert.Contains("ModHost__WorkerIndex=1", output);
        Assert.Contains("worker=1/2", output);
        Assert.Contains("server=ModHost.Server.ModHostServer", output);
        Assert.Contains($"root={folder.Path}", output);
        Assert.Contains("entry=Behaviour", output);
    }

    [Fact]
    public void An_application_that_stops_by_itself_says_so()
    {
        using var folder = new BehaviourFolder("stops");
        using var worker = Configure(folder);
        worker.Supervisor.ReceiveState(AppState.Ready);

        worker.Supervisor.ReceiveState(AppState.Stopping);

        Assert.Equal(853u, worker.Supervisor.ReceiveState(AppState.Stopped).Header.Stream);
        Assert.Equal(0, worker.WaitForExit().Code);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("throws-late")]
    public void An_application_that_throws_at_its_start_says_why(string behaviour)
    {
        using var folder = new BehaviourFolder(behaviour);
        using var worker = Configure(folder);

        var state = worker.Supervisor.ReceiveState(AppState.Failed);

        Assert.Equal(851u, state.Header.Stream);
        Assert.Contains("Exception", state.Text, StringComparison.Ordinal);
        Assert.NotEqual(0, worker.WaitForExit().Code);
    }

    [Fact]
    public void An_application_without_a_host_fails()
    {
        using var folder = new BehaviourFolder("returns");
        using var worker = Configure(folder);

        Assert.Equal(852u, worker.Supervisor.ReceiveState(AppState.Failed).Header.Stream);
        worker.WaitForExit();
    }

    [Fact]
    public void A_configuration_that_cannot_be_read_ends_the_process()
    {
        using var worker = WorkerUnderTest.Launch(WorkerUnderTest.App("Hello"));
        worker.Supervisor.Greet();

        worker.Supervisor.Send(new FrameHeader(FrameType.Config), "{ \"name\": 1 }");

        Assert.Equal(125, worker.WaitForExit().Code);
        Assert.Contains("MH0850", worker.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void No_configuration_at_all_ends_the_process()
    {
        using var worker = WorkerUnderTest.Launch(WorkerUnderTest.App("Hello"));

        worker.Supervisor.Dispose();

        Assert.Equal(125, worker.WaitForExit().Code);
        Assert.Contains("MH0850", worker.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("slim")]
    [InlineData("empty")]
    [InlineData("generic")]
    [InlineData("legacy")]
    [InlineData("async")]
    public void Every_kind_of_builder_is_served(string behaviour)
    {
        using var folder = new BehaviourFolder(behaviour);

        using var worker = WorkerUnderTest.Start(folder.App);

        using var shim = worker.Supervisor.OpenChannel();
        Assert.NotEqual(0, shim.Get("/").Status);
    }

    [Fact]
    public void Output_goes_to_the_pipes()
    {
        using var folder = new BehaviourFolder("console");
        var worker = WorkerUnderTest.Start(folder.App);

        var output = RunToEnd(worker);

        Assert.Contains("one line", output);
        Assert.Contains("a complaint", worker.Errors, StringComparison.Ordinal);
    }

    private static string[] RunToEnd(WorkerUnderTest worker)
    {
        using (worker)
        {
            worker.Supervisor.Stop();
            Assert.Equal(0, worker.WaitForExit().Code);
            return worker.Output.Split('\n');
        }
    }

    private static WorkerUnderTest Configure(BehaviourFolder folder)
    {
        var worker = WorkerUnderTest.Launch(folder.App);
        worker.Supervisor.Greet();
        worker.Supervisor.Configure(WorkerUnderTest.Settings(folder.App));
        worker.Supervisor.Receive(FrameType.Hello);
        worker.Supervisor.ReceiveState(AppState.Starting);
        return worker;
    }
}
