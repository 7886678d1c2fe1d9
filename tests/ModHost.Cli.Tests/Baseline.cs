using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests;

/// <summary>Files that a test's result is compared with; UPDATE_BASELINES=1 writes them anew.</summary>
internal static class Baseline
{
    /// <param name="path">Below the repository.</param>
    public static void Check(string path, string actual)
    {
        var file = Path.Combine(Settings.RepositoryRoot, path);
        if (Environment.GetEnvironmentVariable("UPDATE_BASELINES") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
            return;
        }

        Assert.True(File.Exists(file), $"{path} is missing; UPDATE_BASELINES=1 writes it.");
        Assert.Equal(File.ReadAllText(file), actual);
    }
}
