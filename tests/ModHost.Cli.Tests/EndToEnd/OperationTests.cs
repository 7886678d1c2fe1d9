using System.Net;
using System.Text.Json;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>Commands that talk to a supervisor.</summary>
public class OperationTests
{
    [Fact]
    public async Task Status_reload_drain_and_restart_act_on_a_group_that_runs()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon", "--processes", "2");
        await Wait.Until("both workers are ready", async () => (await Workers(command)).Count(worker => worker.State == "ready") == 2);
        var before = (await Workers(command)).Select(worker => worker.Pid).ToArray();

        var (code, output) = await Order(command, "reload", "hello");
        Assert.True(code == 0, output);
        Assert.Equal("hello: reloaded", output.Trim());
        Assert.Empty((await Workers(command)).Where(worker => worker.State == "ready").Select(worker => worker.Pid).Intersect(before));

        (code, output) = await Order(command, "status");
        Assert.True(code == 0, output);
        Assert.Contains("hello", output, StringComparison.Ordinal);
        Assert.Contains("reload 2", output, StringComparison.Ordinal);
        Assert.DoesNotMatch(RunningCommand.Escape(), output);

        (code, output) = await Order(command, "status", "hello", "--json");
        Assert.True(code == 0, output);
        Assert.Contains("\"name\":\"hello\"", output, StringComparison.Ordinal);

        Assert.Equal("hello: drained", (await Order(command, "drain", "hello")).Output.Trim());
        Assert.Empty(await Workers(command));
        Assert.Equal("all groups: restarted", (await Order(command, "restart")).Output.Trim());
        Assert.Equal(2, (await Workers(command)).Count(worker => worker.State == "ready"));
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Theory]
    [InlineData("nginx", "drain", "reload")]
    [InlineData("nginx", "stop", "restart")]
    [InlineData("apache", "drain", "reload")]
    [InlineData("apache", "stop", "restart")]
    public async Task Without_workers_requests_get_503_until_there_are_new_ones(string server, string order, string remedy)
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--server", server, "--mode", "daemon");
        var workers = await Workers(command);
        Assert.NotEmpty(workers);

        var (code, output) = await Order(command, order, "hello");
        Assert.True(code == 0, output);
        Assert.All(workers, worker => Assert.False(ProcFs.Lives(worker.Pid), $"{worker.Pid} is there after {order}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusOf(command, "/json"));

        (code, output) = await Order(command, remedy, "hello");
        Assert.True(code == 0, output);
        Assert.Equal(HttpStatusCode.OK, await StatusOf(command, "/json"));
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    public async Task Status_has_numbers_of_a_worker_that_serves()
    {
        const int Requests = 100;
        string[] numbers = ["requests", "medianMicroseconds", "percentile99Microseconds", "residentBytes", "heapBytes"];
        var app = await AppBuild.Of("Probe", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        for (var i = 0; i < Requests; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusOf(command, "/counters"));
        }

        // Times are those of late, and the heap's size what the last collection has left.
        var last = await Wait.For("a worker has told what it does", async () =>
        {
            await command.Get("/runtime/collect");
            return (await Status(command)).GetProperty("groups")[0];
        }, group => numbers.All(name => group.GetProperty("workers")[0].GetProperty(name).GetInt64() > 0));

        Assert.InRange(last.GetProperty("requests").GetInt64(), Requests, long.MaxValue);
        Assert.True(last.GetProperty("workers")[0].GetProperty("percentile99Microseconds").GetInt64()
            >= last.GetProperty("workers")[0].GetProperty("medianMicroseconds").GetInt64());
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    public async Task Status_tells_how_and_when_a_worker_ended_last()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        var before = (await Workers(command)).Single().Pid;

        Signal.Send(before, Signal.Kill);

        var last = (await Wait.For("it is told", () => Status(command),
            status => status.GetProperty("groups")[0].TryGetProperty("lastEnd", out _))).GetProperty("groups")[0].GetProperty("lastEnd");
        Assert.Equal((before, "crash", "was killed by signal 9 (SIGKILL)"),
            (last.GetProperty("pid").GetInt32(), last.GetProperty("cause").GetString(), last.GetProperty("how").GetString()));
        Assert.InRange(last.GetProperty("time").GetDateTime().ToUniversalTime(), DateTime.UtcNow.AddHours(-1), DateTime.UtcNow);
        var (code, output) = await Order(command, "status");
        Assert.True(code == 0, output);
        Assert.Matches(@"crash 1; last: crash \d+\w ago", output);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    public async Task What_is_installed_takes_over_from_supervisor_and_workers()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");
        var (supervisor, before) = (await Supervisor(command), (await Workers(command)).Select(worker => worker.Pid).ToArray());

        var (code, output) = await Order(command, "take-over");
        Assert.True(code == 0, output);

        Assert.NotEqual(supervisor, await Supervisor(command));
        await Wait.Until("the workers are others", async () => (await Workers(command)) is [{ State: "ready" } worker] && !before.Contains(worker.Pid));
        Assert.Contains("Hello", await command.Get("/json"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, await command.Stop());
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_told_with_those_that_are()
    {
        var app = await AppBuild.Of("Hello", AppRuntime.Jit);
        await using var command = await RunningCommand.Serving(app, "--mode", "daemon");

        foreach (var order in (string[][])[["reload"], ["status"], ["status", "--json"], ["logs"]])
        {
            var (code, output) = await Order(command, [.. order, "other"]);
            Assert.Equal(ExitCode.Usage, code);
            Assert.Equal("modhost: there is no process group other; there are: hello", output.Trim());
        }
    }

    [Fact]
    public async Task Without_a_supervisor_orders_say_so()
    {
        var folder = Settings.NewFolder("empty");
        var (code, output) = await RunningCommand.Run("reload", "--run-directory", folder);
        Directory.Delete(folder);

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("modhost: no process group runs here", output, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output)> Order(RunningCommand command, params string[] arguments) =>
        RunningCommand.Run([.. arguments, "--run-directory", Path.Combine(command.State, "run")]);

    private static async Task<HttpStatusCode> StatusOf(RunningCommand command, string path)
    {
        using var client = RunningCommand.Client();
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{command.Port}{path}"));
        return response.StatusCode;
    }

    private static async Task<int> Supervisor(RunningCommand command) => (await Status(command)).GetProperty("pid").GetInt32();

    private static async Task<JsonElement> Status(RunningCommand command)
    {
        var (code, output) = await Order(command, "status", "--json");
        Assert.True(code == 0, output);
        using var json = JsonDocument.Parse(output);
        return json.RootElement[0].GetProperty("status").Clone();
    }

    private static async Task<(int Pid, string State)[]> Workers(RunningCommand command)
    {
        return [.. (await Status(command)).GetProperty("groups")[0].GetProperty("workers").EnumerateArray()
            .Select(worker => (worker.GetProperty("pid").GetInt32(), worker.GetProperty("state").GetString()!))];
    }
}
