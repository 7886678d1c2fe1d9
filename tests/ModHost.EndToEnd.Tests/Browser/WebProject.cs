using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Browser;

/// <summary>What <c>dotnet new webapp</c> makes, in a folder of its own.</summary>
internal static class WebProject
{
    public const string Name = "Shop";

    private static readonly Lazy<Task<string>> s_published = new(() => Task.Run(Publish));

    /// <summary>Its published folder, the same for all tests of a run; kept with the other applications.</summary>
    public static Task<string> Published => s_published.Value;

    /// <summary>A new project; the folder is the caller's to delete.</summary>
    public static async Task<string> New()
    {
        var folder = Path.Combine(Settings.NewFolder("webapp"), Name);
        await Child.Run("dotnet", ["new", "webapp", "-o", folder, "--no-restore"],
            environment: await PackageFolder.Environment(Path.GetDirectoryName(folder)!));
        return folder;
    }

    private static async Task<string> Publish()
    {
        var output = Path.Combine(Settings.Cache, $"webapp-{Environment.Version}");
        await using var alone = await LockFile.Take(output + ".lock");
        if (!Directory.Exists(output))
        {
            var project = await New();
            var parent = Path.GetDirectoryName(project)!;
            await AppBuild.Publish(Path.Combine(project, Name + ".csproj"), AppRuntime.Jit, Path.Combine(parent, "out"), parent);
            await Child.Run("cp", ["-r", Path.Combine(parent, "out"), output]);
            Directory.Delete(parent, recursive: true);
        }

        return output;
    }
}
