using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>Several applications in one web server, IL and NativeAOT mixed, each where it was put.</summary>
[Trait("Set", "core")]
public sealed class SeveralAppsTests(SeveralAppsFixture fixture) : IClassFixture<SeveralAppsFixture>, IAsyncLifetime
{
    private int Port => fixture.Server.Port;

    [Theory]
    [InlineData("/jit/dump/x", "/jit", "/dump/x")]
    [InlineData("/aot/dump/x", "/aot", "/dump/x")]
    [InlineData("/jit/", "/jit", "/")]
    [InlineData("/exact", "", "/exact")]
    [InlineData("/re42/x", "", "/re42/x")]
    [InlineData("/based/a/b", "/based/a", "/b")]
    [InlineData("/jit/a%2Fb", "/jit", "/a%2Fb")]
    public async Task The_mount_prefix_is_PathBase(string target, string pathBase, string path)
    {
        var response = await RawConnection.Get(Port, target);
        Assert.Equal(200, response.Status);
        Assert.Contains($"\"pathBase\": \"{pathBase}\"", response.Text, StringComparison.Ordinal);
        Assert.Contains($"\"path\": \"{path}\"", response.Text, StringComparison.Ordinal);
        Assert.Contains($"\"rawTarget\": \"{target}\"", response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/segment")]
    [InlineData("/segment/x")]
    public async Task A_prefix_of_whole_segments_is_one(string target)
    {
        var text = (await RawConnection.Get(Port, target)).Text;
        Assert.Contains("\"pathBase\": \"/segment\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_that_ends_inside_a_segment_does_not_lead_to_the_app()
    {
        // nginx matches /segmentation with location /segment; no PathBase could be cut from it.
        var response = await RawConnection.Get(Port, "/segmentation");
        Assert.Equal(404, response.Status);
        Assert.Contains(WebServer.Tested.ErrorPage, response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_app_has_its_own_content_root_and_the_runtime_it_was_built_for()
    {
        Assert.Contains("content=" + Path.GetDirectoryName(fixture.Jit), (await RawConnection.Get(Port, "/jit/process/places")).Text, StringComparison.Ordinal);
        Assert.Contains("content=" + Path.GetDirectoryName(fixture.Aot), (await RawConnection.Get(Port, "/aot/process/places")).Text, StringComparison.Ordinal);
        Assert.Contains("aot=False", (await RawConnection.Get(Port, "/jit/runtime/info")).Text, StringComparison.Ordinal);
        Assert.Contains("aot=True", (await RawConnection.Get(Port, "/aot/runtime/info")).Text, StringComparison.Ordinal);

        // In a process of its own it has what its runtimeconfig asks for.
        Assert.Contains($"server-gc={Settings.Daemon}", (await RawConnection.Get(Port, "/jit/runtime/info")).Text, StringComparison.Ordinal);
        Assert.Equal("{\"message\":\"Hello, World!\"}", (await RawConnection.Get(Port, "/hello/json")).Text);
    }

    [Fact]
    public async Task One_file_in_two_places_is_one_app()
    {
        var key = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, $"/jit/gate/open?key={key}");
        Assert.Equal("passed", (await RawConnection.Get(Port, $"/again/gate/wait?key={key}")).Text);
    }

    [Fact]
    public async Task Hosted_services_run_once_in_each_worker()
    {
        Assert.Equal(1, await CounterOf("/jit"));
        Assert.Equal(1, await CounterOf("/aot"));

        async Task<int> CounterOf(string app) =>
            (await RawConnection.Get(Port, app + "/counters")).Text.Split('\n').Count(line => line == "hosted-service-starts=1");
    }

    [Fact]
    public async Task Log_lines_name_their_app()
    {
        await RawConnection.Get(Port, "/jit/log?text=from-jit");
        await RawConnection.Get(Port, "/jit/console?text=console-jit");
        fixture.Server.Allow("from-jit");
        await fixture.Server.WaitForLog(@"(Probe|\[g0/).*from-jit");
        await fixture.Server.WaitForLog(@"(Probe|\[g0/).*console-jit");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => fixture.Server.CheckSane();
}

public sealed class SeveralAppsFixture : IAsyncLifetime
{
    internal ServerHost Server { get; private set; } = null!;

    internal string Jit { get; private set; } = null!;

    internal string Aot { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Jit = await AppBuild.Of("Probe", AppRuntime.Jit);
        Aot = await AppBuild.Of("Probe", AppRuntime.Aot);
        var hello = await AppBuild.Of("Hello", AppRuntime.Jit);
        Server = await ServerHost.Start(new ServerSetup
        {
            Places =
            [
                new("/jit/", $"pass {Jit}"),
                new("/again/", $"pass {Jit}"),
                new("/aot/", $"pass {Aot}"),
                new("/hello/", $"pass {hello}"),
                new("/exact", $"pass {Jit}") { Matching = Matching.Exact },
                new(@"^/re\d+/", $"pass {Jit}") { Matching = Matching.Regex },
                new("/based/", $"pass {Jit} path_base=/based/a"),
                new("/segment", $"pass {Jit}"),
            ],
        }, "/jit/empty");
        await Server.Answers("/aot/empty", wait: true);
        await Server.Answers("/hello/plaintext", wait: true);
        Server.Rebase();
    }

    public async Task DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}
