using System.Text.Json;

namespace ModHost.Cli.Checks;

/// <summary>The files that make up an application, out of those that lie beside it.</summary>
internal static class ApplicationFiles
{
    // What deps.json names, and is loaded from the application's own folder.
    private static readonly string[] s_assets = ["runtime", "native"];

    /// <summary>The application first.</summary>
    /// <param name="path">A .dll or a .so.</param>
    public static IEnumerable<string> Of(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? "/";
        var more = path.EndsWith(".dll", StringComparison.Ordinal)
            ? ((string[])[Path.ChangeExtension(path, ".deps.json"), Path.ChangeExtension(path, ".runtimeconfig.json")])
                .Where(File.Exists).Concat(Libraries(path, folder)) : [];
        return more.Concat(Files(folder, "appsettings*.json").Where(IsSettings)).Prepend(path).Distinct();
    }

    /// <summary>Whether it is one of those that may hold passwords.</summary>
    public static bool IsSettings(string path) => Path.GetFileName(path) is var name
        && (name == "appsettings.json" || (name.StartsWith("appsettings.", StringComparison.Ordinal)
            && name.EndsWith(".json", StringComparison.Ordinal)));

    // .NET takes all there are where no deps.json says which.
    private static string[] Libraries(string path, string folder)
    {
        try
        {
            using var dependencies = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(path, ".deps.json")));
            return dependencies.RootElement.GetProperty("targets").EnumerateObject()
                .SelectMany(target => target.Value.EnumerateObject())
                .SelectMany(library => s_assets.Where(asset => library.Value.TryGetProperty(asset, out _))
                    .SelectMany(asset => library.Value.GetProperty(asset).EnumerateObject()))
                .Select(file => Path.Combine(folder, Path.GetFileName(file.Name))).Where(File.Exists).ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException)
        {
            return Files(folder, "*.dll");
        }
    }

    private static string[] Files(string folder, string pattern)
    {
        try
        {
            return [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
