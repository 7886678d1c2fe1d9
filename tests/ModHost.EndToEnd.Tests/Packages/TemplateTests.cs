using ModHost.Cli.Tests.EndToEnd;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Packages;

/// <summary><c>dotnet new modhost-aot</c>, from the packages of the tree.</summary>
public sealed class TemplateTests : IDisposable
{
    private readonly string _folder = Settings.NewFolder("template");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_new_project_is_published_as_a_library_and_served_in_both_modes()
    {
        var project = Path.Combine(_folder, "Shop");
        var environment = new Dictionary<string, string?>(await PackageFolder.Environment(_folder)) { ["DOTNET_CLI_HOME"] = _folder };
        await Child.Run("dotnet", ["new", "install", Directory.GetFiles(Settings.Packages, "ModHost.Templates.*.nupkg").Single()], _folder, environment);
        await Child.Run("dotnet", ["new", "modhost-aot", "-o", project], _folder, environment);

        var output = Path.Combine(_folder, "out");
        await AppBuild.Publish(Path.Combine(project, "Shop.csproj"), AppRuntime.Jit, output, _folder,
            "-r", "linux-x64", $"-p:RestoreAdditionalProjectSources={Settings.Packages}");

        Assert.True(File.Exists(Path.Combine(output, "Shop.so")), string.Join('\n', Directory.GetFiles(output)));
        foreach (var mode in (string[])["embedded", "daemon"])
        {
            await using var command = await RunningCommand.Serving(output, "--mode", mode);
            Assert.Contains("Walk the dog", await command.Get("/todos"), StringComparison.Ordinal);
            Assert.Equal(0, await command.Stop());
        }
    }
}
