using System.Globalization;
using System.Text.Json;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Processes;

/// <summary>Finds the startup hook that puts ModHost's server into an unmodified application.</summary>
internal static class StartupHook
{
    private const string FileName = "ModHost.StartupHook.dll";

    // The frameworks that the hook is built for, newest first.
    private static readonly int[] s_versions = [10, 9];

    /// <summary>The hook for the application's framework: one that is not newer, or the only one there is.</summary>
    /// <returns>Null: none is installed; an application that refers to ModHost.AspNetCore needs none.</returns>
    public static string? For(string managedDirectory, AppConfiguration app)
    {
        var wanted = FrameworkOf(app);
        var installed = s_versions.Select(version => (Version: version, Path: PathOf(managedDirectory, version)))
            .Where(hook => File.Exists(hook.Path)).ToArray();
        foreach (var (version, path) in installed)
        {
            if (version <= wanted)
            {
                return path;
            }
        }

        var plain = Path.Combine(managedDirectory, FileName);
        return File.Exists(plain) ? plain : installed.Length > 0 ? installed[^1].Path : null;
    }

    private static string PathOf(string managedDirectory, int version) => Path.Combine(managedDirectory,
        string.Create(CultureInfo.InvariantCulture, $"net{version}.0"), FileName);

    // As far as a file tells; a program that carries its framework with it is taken for the newest.
    private static int FrameworkOf(AppConfiguration app)
    {
        var path = Path.ChangeExtension(app.Path, ".runtimeconfig.json");
        if (app.Kind == AppKind.Executable && !File.Exists(path))
        {
            path = app.Path + ".runtimeconfig.json";
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions
            {
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
            var moniker = document.RootElement.GetProperty("runtimeOptions").GetProperty("tfm").GetString();
            return moniker is not null && moniker.StartsWith("net", StringComparison.Ordinal)
                && int.TryParse(moniker.AsSpan(3, Math.Max(0, moniker.IndexOf('.', StringComparison.Ordinal) - 3)),
                    NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : int.MaxValue;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return int.MaxValue;
        }
    }
}
