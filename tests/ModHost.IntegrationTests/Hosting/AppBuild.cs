using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>How an application runs.</summary>
public enum AppRuntime
{
    /// <summary>IL in the CLR.</summary>
    Jit,

    /// <summary>A NativeAOT library.</summary>
    Aot,
}

/// <summary>Publishes applications, once for each content, and tells what to write after <c>modhost_pass</c>.</summary>
internal static class AppBuild
{
    private static readonly ConcurrentDictionary<(string, AppRuntime), Lazy<Task<string>>> s_published = new();
    private static readonly SemaphoreSlim s_one = new(1);

    /// <summary>One of tests/apps: the path of its .dll or .so.</summary>
    public static Task<string> Of(string name, AppRuntime runtime) => s_published.GetOrAdd((name, runtime), key =>
        new Lazy<Task<string>>(() => Task.Run(() => PublishOwn(key.Item1, key.Item2)))).Value;

    /// <summary>Publishes any project into <paramref name="output"/>.</summary>
    public static async Task Publish(string project, AppRuntime runtime, string output, string scratch, params string[] more)
    {
        string[] arguments =
        [
            "publish", project, "-c", "Release", "-o", output, "--nologo", "--disable-build-servers",
            .. runtime == AppRuntime.Aot ? (string[])
                ["-p:ModHostLibrary=true", "-p:RuntimeIdentifier=linux-x64", $"-p:RestoreAdditionalProjectSources={Settings.Packages}"] : [],
            .. more,
        ];
        await s_one.WaitAsync();
        try
        {
            await Child.Run("dotnet", arguments, Path.GetDirectoryName(project), await PackageFolder.Environment(scratch),
                TimeSpan.FromMinutes(40));
        }
        finally
        {
            s_one.Release();
        }
    }

    /// <summary>The file that <c>modhost_pass</c> names.</summary>
    public static string FileOf(string folder, string name, AppRuntime runtime)
    {
        var file = Path.Combine(folder, name + (runtime == AppRuntime.Aot ? ".so" : ".dll"));
        return File.Exists(file) ? file : throw new FileNotFoundException($"Publishing {name} did not make {file}.", file);
    }

    private static async Task<string> PublishOwn(string name, AppRuntime runtime)
    {
        var source = Path.Combine(Settings.Apps, name);
        var stamp = Stamp(source, runtime);
        var folder = Path.Combine(Settings.Cache, $"{name}-{runtime.ToString().ToLowerInvariant()}-{stamp}");
        Directory.CreateDirectory(Settings.Cache);
        await using var alone = await LockFile.Take(Path.Combine(Settings.Cache, $"{name}-{runtime}.lock"));
        if (!Directory.Exists(folder))
        {
            var scratch = Settings.NewFolder("publish");
            try
            {
                var output = Path.Combine(scratch, "out");
                await Publish(Path.Combine(source, name + ".csproj"), runtime, output, scratch, $"-p:ArtifactsPath={scratch}/artifacts");
                FileOf(output, name, runtime);
                await Child.Run("cp", ["-r", output, folder]);
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        }

        return FileOf(folder, name, runtime);
    }

    private static string Stamp(string source, AppRuntime runtime)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Settings.Apps))
            .Append(Path.Combine(Settings.RepositoryRoot, "Directory.Build.props"));
        if (runtime == AppRuntime.Aot && Directory.Exists(Settings.Packages))
        {
            files = files.Concat(Directory.EnumerateFiles(Settings.Packages, "*.nupkg"));
        }

        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexString(hash.GetHashAndReset())[..16].ToLowerInvariant();
    }
}
