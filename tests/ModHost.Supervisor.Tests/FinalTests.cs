using System.Text.Json.Nodes;
using ModHost.Supervisor.Tests.Running;

namespace ModHost.Supervisor.Tests;

/// <summary>A web server that goes on without process groups for good.</summary>
public sealed class FinalTests
{
    [Fact]
    public void The_last_supervisor_ends_when_nobody_uses_its_groups_any_more()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees($"worker {worker}");

        Finish(supervisor, 2);
        supervisor.HasLogged("ends with its last process group");
        Assert.True(RunningSupervisor.Lives(worker));
        shim.Dispose();

        Assert.Equal(0, supervisor.WaitForExit());
        Assert.False(RunningSupervisor.Lives(worker));
        Assert.False(Directory.Exists(supervisor.Instance));
    }

    [Fact]
    public void It_does_not_when_it_is_configured_again_meanwhile()
    {
        using var supervisor = RunningSupervisor.Start(watched: true);
        var worker = supervisor.Ready(1)[0];
        using var shim = new FakeShim(supervisor);
        shim.Have();
        shim.Sees($"worker {worker}");
        var before = Configuration(supervisor);

        Finish(supervisor, 2);
        supervisor.Configure(3, before);
        Assert.True(supervisor.Command(new { command = "configure", generation = 3 })!["ok"]!.GetValue<bool>());
        shim.Dispose();

        Assert.Equal([worker], supervisor.Ready(1));
    }

    private static void Finish(RunningSupervisor supervisor, uint generation)
    {
        var next = Configuration(supervisor);
        next["groups"] = new JsonArray();
        next["final"] = true;
        supervisor.Configure(generation, next);
        Assert.True(supervisor.Command(new { command = "configure", generation })!["ok"]!.GetValue<bool>());
    }

    private static JsonObject Configuration(RunningSupervisor supervisor) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(supervisor.Instance, "config-1.json")))!.AsObject();
}
