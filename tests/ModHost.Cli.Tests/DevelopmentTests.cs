using ModHost.Cli.Applications;
using ModHost.Cli.Configuration;
using ModHost.Cli.Development;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests;

public sealed class DevelopmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_configuration_of_a_development_server_is_what_it_was() => Baseline.Check(
        "tests/ModHost.Cli.Tests/Goldens/development.nginx.conf", new NginxWriter().Whole(Plans.Plain with
        {
            Group = "shop",
            Development = new DevelopmentPlan("/tmp/modhost-0123456789abcdef/dev.sock", "/tmp/modhost-0123456789abcdef/build-failed", true,
                BuildingFile: "/tmp/modhost-0123456789abcdef/building"),
        }));

    [Fact]
    public void Where_nothing_is_built_anew_no_request_waits()
    {
        var text = new NginxWriter().Whole(Plans.Plain with { Group = "shop", Development = new DevelopmentPlan("/s", "/failed", true) });

        Assert.DoesNotContain("auth_request", text, StringComparison.Ordinal);
        Assert.Contains("worker_shutdown_timeout 30s;", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Program.cs", true)]
    [InlineData("Pages/Index.cshtml", true)]
    [InlineData("appsettings.Development.json", true)]
    [InlineData("Shop.csproj", true)]
    [InlineData("Directory.Build.props", true)]
    [InlineData("wwwroot/logo.svg", true)]
    [InlineData("Areas/Shop/wwwroot/data", true)]
    [InlineData("app.db", false)]
    [InlineData("app.db-wal", false)]
    [InlineData("logs/today.log", false)]
    [InlineData("uploads/photo.jpg", false)]
    [InlineData("keys", false)]
    public void What_an_application_writes_beside_its_sources_is_none(string path, bool isSource) =>
        Assert.Equal(isSource, ProjectWatch.IsSource(path));

    [Fact]
    public async Task The_gate_is_closed_before_a_change_is_told_and_opens_when_all_is_settled()
    {
        var project = Path.Combine(_folder, "Shop.csproj");
        var gate = new Gate(Path.Combine(_folder, "obj", "building"));
        Directory.CreateDirectory(Path.Combine(_folder, "obj"));
        await File.WriteAllTextAsync(project, "<Project/>");
        using var watch = new ProjectWatch(new Project(project), [], TimeSpan.FromHours(1), gate.Close);
        Assert.True(gate.Opened.IsCompleted);

        await File.WriteAllTextAsync(Path.Combine(_folder, "Page.cshtml"), "<p>");
        await Wait.Until("the gate is closed", () => File.Exists(gate.File));
        Assert.True(watch.HasChange);
        Assert.Null(watch.TakeChange());
        var opened = gate.Opened;
        gate.Open(() => !watch.HasChange);
        Assert.True(File.Exists(gate.File));
        Assert.False(opened.IsCompleted);

        gate.Open(() => true);
        Assert.False(File.Exists(gate.File));
        await opened;
        gate.End();
        gate.Close();
        Assert.True(gate.Opened.IsCompleted);
    }

    [Fact]
    public void Where_changes_do_not_end_nobody_waits_for_it_until_they_have()
    {
        var gate = new Gate(Path.Combine(_folder, "building"), limit: TimeSpan.FromTicks(-1));
        gate.Close();
        Assert.False(gate.Opened.IsCompleted);

        Assert.True(gate.Open(() => false));
        Assert.False(File.Exists(gate.File));
        gate.Close();
        Assert.True(gate.Opened.IsCompleted);
        Assert.False(gate.Open(() => false));

        Assert.False(gate.Open(() => true));
        gate.Close();
        Assert.False(gate.Opened.IsCompleted);
        Assert.True(File.Exists(gate.File));
        Assert.False(gate.Open(() => true));
        Assert.True(gate.Opened.IsCompleted);
    }

    [Fact]
    public async Task A_change_of_a_source_is_told_once_and_outputs_are_none()
    {
        var project = Path.Combine(_folder, "Shop.csproj");
        await File.WriteAllTextAsync(project, "<Project/>");
        Directory.CreateDirectory(Path.Combine(_folder, "obj"));
        using var watch = new ProjectWatch(new Project(project), [], TimeSpan.FromMilliseconds(50));

        await File.WriteAllTextAsync(Path.Combine(_folder, "obj", "made.cs"), "");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Page.cshtml"), "<p>");
        Assert.Equal(new SourceChange("Page.cshtml", OfProject: false), await Told(watch));
        Assert.Null(watch.TakeChange());

        await File.WriteAllTextAsync(project, "<Project></Project>");
        Assert.Equal(new SourceChange("Shop.csproj", OfProject: true), await Told(watch));
    }

    [Fact]
    public async Task Files_above_the_project_that_builds_read_count_up_to_the_repository()
    {
        var project = await ProjectBelow(".git");
        using var watch = new ProjectWatch(new Project(project), [], TimeSpan.FromMilliseconds(50));

        await File.WriteAllTextAsync(Path.Combine(_folder, "src", ".editorconfig"), "root = true");
        Assert.Equal(new SourceChange(".editorconfig", OfProject: false), await Told(watch));
        await File.WriteAllTextAsync(Path.Combine(_folder, "readme.md"), "");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Directory.Build.props"), "<Project/>");

        // Making a file and writing it may be told apart.
        var told = new List<SourceChange?>();
        await Wait.Until("the other one is told", () =>
        {
            told.Add(watch.TakeChange());
            return told[^1]?.Name == "Directory.Build.props";
        });
        Assert.True(told[^1]!.OfProject);
        Assert.DoesNotContain(told, change => change?.Name == "readme.md");
    }

    [Fact]
    public async Task Without_a_repository_files_above_the_project_count_where_there_are_some()
    {
        var project = await ProjectBelow("folder");
        await File.WriteAllTextAsync(Path.Combine(_folder, "global.json"), "{}");
        using var watch = new ProjectWatch(new Project(project), [], TimeSpan.FromMilliseconds(50));

        await File.WriteAllTextAsync(Path.Combine(_folder, "NuGet.Config"), "<configuration/>");
        Assert.Equal(new SourceChange("NuGet.Config", OfProject: true), await Told(watch));
    }

    [Fact]
    public void Builds_go_when_a_newer_one_serves_and_not_when_others_fail()
    {
        var folders = new BuildFolders(_folder);
        var first = Made(folders);
        folders.Serves(first);
        for (var failed = 0; failed < 5; failed++)
        {
            BuildFolders.Discard(Made(folders));
        }

        var doesNotStart = Made(folders);
        Assert.Equal([first, doesNotStart], Directory.GetDirectories(_folder).Order());

        var second = Made(folders);
        folders.Serves(second);
        Assert.Equal([first, doesNotStart, second], Directory.GetDirectories(_folder).Order());
        folders.Serves(second);
        Assert.True(Directory.Exists(first));

        var third = Made(folders);
        folders.Serves(third);
        Assert.Equal([second, third], Directory.GetDirectories(_folder).Order());
    }

    // Two folders down from one that has such a folder.
    private async Task<string> ProjectBelow(string folder)
    {
        Directory.CreateDirectory(Path.Combine(_folder, folder));
        var project = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "src", "shop")).FullName, "Shop.csproj");
        await File.WriteAllTextAsync(project, "<Project/>");
        return project;
    }

    private static string Made(BuildFolders folders) => Directory.CreateDirectory(folders.Next()).FullName;

    private static async Task<SourceChange?> Told(ProjectWatch watch)
    {
        SourceChange? change = null;
        await Wait.Until("the change is told", () => (change = watch.TakeChange()) is not null);
        return change;
    }
}
