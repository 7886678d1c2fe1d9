using System.Text.Json;
using ModHost.Abi;

namespace ModHost.Embedded;

/// <summary>
/// The <c>configProperties</c> of an application's runtimeconfig.json: AppContext switches of the application and of
/// the libraries it uses. The runtime that is already running was started with others.
/// </summary>
/// <remarks>
/// They belong to the process. The first application that names one decides, and a later one that wants another value
/// is told so. What the runtime itself reads when it starts (garbage collector, globalization) comes too late here.
/// </remarks>
internal static class RuntimeSettings
{
    private static readonly JsonDocumentOptions s_options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static void Apply(AppSettings settings)
    {
        var path = Path.ChangeExtension(settings.Path, ".runtimeconfig.json");
        if (!File.Exists(path))
        {
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path), s_options);
        if (document.RootElement.TryGetProperty("runtimeOptions", out var options)
            && options.TryGetProperty("configProperties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
            {
                Apply(settings, property.Name, property.Value.ToString());
            }
        }
    }

    private static void Apply(AppSettings settings, string name, string value)
    {
        if (name.StartsWith("System.GC.", StringComparison.Ordinal))
        {
            return;
        }

        var present = AppContext.GetData(name)?.ToString();
        if (present is null)
        {
            AppContext.SetData(name, value);
        }
        else if (!string.Equals(present, value, StringComparison.OrdinalIgnoreCase))
        {
            WebServer.Log(settings.Number, Modhost.MODHOST_LOG_WARNING, "ModHost.Embedded",
                $"{Errors.SettingTaken}: {name}={value} of {settings.Name}.runtimeconfig.json is not used: this process "
                + $"has {name}={present}; a process_group of its own would change that");
        }
    }
}
