using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>Unmodified applications in one runtime: what they see, and what the web server hears.</summary>
[Collection("runtime")]
public sealed class StartTests
{
    [Theory]
    [InlineData("web")]
    [InlineData("slim")]
    [InlineData("empty")]
    [InlineData("generic")]
    [InlineData("legacy")]
    [InlineData("async")]
    public void Every_builder_finds_the_server_and_the_application(string builder)
    {
        using var app = RunningApp.Start(builder);
        app.WaitForState(Modhost.MODHOST_APP_READY);

        Assert.Equal("ModHost.Server.ModHostServer", app.Reported("server"));
        Assert.Equal(app.Folder, app.Reported("root"));
        Assert.Equal("Behaviour", app.Reported("name"));
        Assert.Equal(app.Folder + "/", app.Reported("base"));
        Assert.Equal("Behaviour", app.Reported("entry"));
        Assert.Equal("True", app.Reported("loaded"));
        if (builder != "empty")
        {
            Assert.Equal("from appsettings.json", app.Reported("greeting"));
            Assert.Equal("1/3", app.Reported("worker"));
        }
    }

    [Fact]
    public void Stop_ends_Main_and_is_reported_in_order()
    {
        using var app = RunningApp.Start("web");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        app.Stop();
        Assert.Equal(
            [Modhost.MODHOST_APP_READY, Modhost.MODHOST_APP_STOPPING, Modhost.MODHOST_APP_STOPPED],
            FakeServer.States(app.Number).Select(state => (int)state.State));
        Assert.Equal(0u, app.State!.Code);
    }

    [Fact]
    public unsafe void Stop_before_the_start_is_not_lost()
    {
        using var app = RunningApp.Start("web");
        FakeServer.Table->app_stop(app.Number);
        FakeServer.Table->app_drained(app.Number);
        Assert.Equal(0u, app.WaitForState(Modhost.MODHOST_APP_STOPPED).Code);
    }

    [Fact]
    public void Application_that_stops_itself_is_reported()
    {
        using var app = RunningApp.Start("stops");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        app.WaitForState(Modhost.MODHOST_APP_STOPPING);
        Drain(app);
        Assert.Equal(504u, app.WaitForState(Modhost.MODHOST_APP_STOPPED).Code);
    }

    [Theory]
    [InlineData("throws", 501u, "the database is on holiday")]
    [InlineData("throws-late", 501u, "the service would not start")]
    [InlineData("returns", 502u, "returned 7")]
    public void Failed_start_is_reported_with_its_reason(string behaviour, uint code, string text)
    {
        using var app = RunningApp.Start(behaviour);
        var state = app.WaitForState(Modhost.MODHOST_APP_FAILED);
        Assert.Equal(code, state.Code);
        Assert.Contains(text, state.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_start_can_be_repeated_with_what_was_loaded()
    {
        using var app = RunningApp.Start("throws");
        app.WaitForState(Modhost.MODHOST_APP_FAILED);
        File.WriteAllText(Path.Combine(app.Folder, "behaviour.txt"), "web");
        app.StartAgain();
        app.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Single(System.Runtime.Loader.AssemblyLoadContext.All, context =>
            context.Assemblies.Any(assembly => !assembly.IsDynamic
                && assembly.Location == Path.Combine(app.Folder, "Behaviour.dll")));
    }

    [Fact]
    public void An_exception_is_traced_to_the_application_whose_code_it_came_from()
    {
        using var first = RunningApp.Start("web");
        using var second = RunningApp.Start("web");
        foreach (var app in (RunningApp[])[first, second])
        {
            app.WaitForState(Modhost.MODHOST_APP_READY);
            var program = AppRegistry.Find(app.Number)!.Program!;
            var method = program.GetType("Behaviour.Builders")!.GetMethod("ServeAsync")!;
            var thrown = Record.Exception(() =>
                method.Invoke(null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [null], null));
            Assert.IsType<NullReferenceException>(thrown);
            Assert.Equal(app.Number, AppRegistry.ThrowerOf(thrown)!.Number);
            Assert.Equal(app.Number, AppRegistry.ThrowerOf(new AggregateException(thrown))!.Number);
        }

        Assert.Null(AppRegistry.ThrowerOf(new InvalidOperationException("of nobody")));
        Assert.Equal(["Behaviour"], AppRegistry.Names());
    }

    [Fact]
    public void Settings_of_the_runtimeconfig_become_AppContext_switches()
    {
        using var first = RunningApp.Prepare("web");
        using var second = RunningApp.Prepare("web");
        Configure(first, "one");
        Configure(second, "two");
        first.Start();
        second.Start();
        first.WaitForState(Modhost.MODHOST_APP_READY);
        second.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Equal("one", AppContext.GetData("Behaviour.Setting"));
        Assert.DoesNotContain(first.Lines, line => line.Text.StartsWith("MH0511:", StringComparison.Ordinal));
        Assert.Single(second.Lines, line => line.Text.StartsWith("MH0511:", StringComparison.Ordinal));

        static void Configure(RunningApp app, string value) => File.WriteAllText(
            Path.Combine(app.Folder, "Behaviour.runtimeconfig.json"),
            "{\"runtimeOptions\":{\"configProperties\":{\"Behaviour.Setting\":\"" + value
            + "\",\"System.GC.Server\":true}}}");
    }

    [Fact]
    public void Slow_start_fails_and_lets_the_next_one_start()
    {
        using var slow = RunningApp.Start("sleeps", startupTimeout: 300);
        using var next = RunningApp.Start("web");
        Assert.Equal(503u, slow.WaitForState(Modhost.MODHOST_APP_FAILED).Code);
        next.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Equal(next.Folder, next.Reported("root"));
    }

    [Fact]
    public void Reason_that_comes_after_the_startup_timeout_is_logged()
    {
        using var app = RunningApp.Start("throws-when-told", startupTimeout: 100);
        Assert.Equal(503u, app.WaitForState(Modhost.MODHOST_APP_FAILED).Code);
        File.WriteAllText(Path.Combine(app.Folder, "now"), "");
        RunningApp.Wait(() => app.Lines.Any(line => line.Text.StartsWith("MH0501:", StringComparison.Ordinal)
            && line.Text.Contains("the database did not come back", StringComparison.Ordinal)), () => "no reason");
    }

    [Fact]
    public void Start_that_hangs_is_not_repeated_before_it_ends()
    {
        using var app = RunningApp.Start("throws-when-told", startupTimeout: 100);
        app.WaitForState(Modhost.MODHOST_APP_FAILED);
        var first = app.Number;
        app.StartAgain();
        Assert.Contains("earlier start", app.WaitForState(Modhost.MODHOST_APP_FAILED).Text, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(app.Folder, "behaviour.txt"), "web");
        File.WriteAllText(Path.Combine(app.Folder, "now"), "");
        RunningApp.Wait(() => FakeServer.Lines.Any(line => line.App == first
            && line.Text.Contains("did not come back", StringComparison.Ordinal)), () => "it did not end");
        RunningApp.Wait(() =>
        {
            app.StartAgain();
            RunningApp.Wait(() => app.State is not null, () => "no state");
            return app.State!.State == Modhost.MODHOST_APP_READY;
        }, () => $"it does not start again: {app.State}");
    }

    [Fact]
    public void Two_copies_of_one_application_do_not_see_each_other()
    {
        using var first = RunningApp.Start("web");
        using var second = RunningApp.Start("web");
        first.WaitForState(Modhost.MODHOST_APP_READY);
        second.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Equal(first.Folder, first.Reported("root"));
        Assert.Equal(second.Folder, second.Reported("root"));
        Assert.Equal("True", second.Reported("loaded"));
    }

    [Fact]
    public void Console_lines_go_to_the_application_that_wrote_them()
    {
        using var app = RunningApp.Start("console");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var lines = app.Lines.Where(line => line.Category is "stdout").Select(line => line.Text).ToArray();
        Assert.Equal(["one line", "two", "lines", "from the pool"], lines[..4]);
        var complaint = Assert.Single(app.Lines, line => line.Category == "stderr");
        Assert.Equal("a complaint", complaint.Text);
        Assert.Equal((uint)Modhost.MODHOST_LOG_ERROR, complaint.Level);
    }

    [Fact]
    public void Logger_lines_come_once_with_category_and_level()
    {
        using var app = RunningApp.Start("web");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        RunningApp.Wait(() => app.Lines.Any(Started), () => "no line of the host");
        var line = Assert.Single(app.Lines, Started);
        Assert.Equal("Microsoft.Hosting.Lifetime", line.Category);
        Assert.Equal((uint)Modhost.MODHOST_LOG_INFO, line.Level);

        static bool Started(LogLine line) => line.Text.Contains("Now listening on", StringComparison.Ordinal);
    }

    [Fact]
    public void Logger_lines_of_an_application_without_console_logger_are_its_own_affair()
    {
        using var app = RunningApp.Start("quiet");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var exchange = new FakeExchange(app.Number);
        exchange.Begin("/");
        RunningApp.Wait(() => exchange.Released, () => "no answer");
        Assert.All(app.Lines.Where(line => line.Category is not "stdout"),
            line => Assert.StartsWith("ModHost.", line.Category, StringComparison.Ordinal));
        Assert.Contains(app.Lines, line => line.Category == "ModHost.Server"
            && line.Text.StartsWith("MH0401:", StringComparison.Ordinal));
    }

    [Fact]
    public void First_web_host_that_starts_is_served_and_all_are_stopped()
    {
        using var app = RunningApp.Start("two-hosts");
        app.WaitForState(Modhost.MODHOST_APP_READY);
        var exchange = new FakeExchange(app.Number);
        exchange.Begin("/two");
        RunningApp.Wait(() => exchange.Released, () => "no answer");
        Assert.Equal("Hello, /two", exchange.Body);
        RunningApp.Wait(() => app.Lines.Any(line => line.Text.StartsWith("MH0452:", StringComparison.Ordinal)),
            () => "the second host was not noticed");
        app.Stop();
    }

    [Theory]
    [InlineData("web")]
    [InlineData("own-urls")]
    public void Own_addresses_are_said_to_be_unused(string behaviour)
    {
        using var app = RunningApp.Start(behaviour);
        app.WaitForState(Modhost.MODHOST_APP_READY);
        Assert.Single(app.Lines, line => line.Text.StartsWith("MH0450:", StringComparison.Ordinal)
            && line.Text.Contains("http://127.0.0.1:5999", StringComparison.Ordinal));
    }

    [Fact]
    public void Newer_copy_of_a_framework_assembly_is_refused()
    {
        using var app = RunningApp.Prepare("web");
        File.Delete(Path.Combine(app.Folder, "Behaviour.deps.json"));
        var builder = new System.Reflection.Emit.PersistedAssemblyBuilder(
            new("Microsoft.Extensions.Options") { Version = new(99, 0, 0, 0) }, typeof(object).Assembly);
        builder.DefineDynamicModule("Microsoft.Extensions.Options");
        builder.Save(Path.Combine(app.Folder, "Microsoft.Extensions.Options.dll"));
        app.Start();
        var state = app.WaitForState(Modhost.MODHOST_APP_FAILED);
        Assert.Equal(507u, state.Code);
        Assert.Contains("99.0.0.0", state.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_without_Main_is_refused()
    {
        using var app = RunningApp.Prepare("web");
        File.Copy(typeof(EntryPoint).Assembly.Location, Path.Combine(app.Folder, "Behaviour.dll"), overwrite: true);
        app.Start();
        Assert.Equal(508u, app.WaitForState(Modhost.MODHOST_APP_FAILED).Code);
    }

    private static unsafe void Drain(RunningApp app) => FakeServer.Table->app_drained(app.Number);
}
