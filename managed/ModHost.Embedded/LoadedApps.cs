using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace ModHost.Embedded;

/// <summary>
/// Load contexts of starts that failed, for the next attempt. A context cannot be unloaded, so that an application
/// which fails again and again would otherwise cost more memory each time.
/// </summary>
/// <remarks>Statics keep what the failed attempt left in them, as they do in a NativeAOT library.</remarks>
[RequiresUnreferencedCode("Applications are loaded from files.")]
internal static class LoadedApps
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, (Assembly Program, DateTime Stamp)> s_failed = [];

    /// <summary>The program from an earlier attempt, which is then in use, or a fresh one.</summary>
    public static Assembly Take(AppSettings settings)
    {
        lock (s_gate)
        {
            if (s_failed.Remove(settings.Path, out var kept) && kept.Stamp == Stamp(settings.Path))
            {
                return kept.Program;
            }
        }

        return AppLoadContext.Load(settings);
    }

    /// <summary>An attempt is over, and none of its code runs any more.</summary>
    public static void Keep(AppSettings settings, Assembly program)
    {
        lock (s_gate)
        {
            s_failed[settings.Path] = (program, Stamp(settings.Path));
        }
    }

    // A deployment writes the application's own assembly and the list of its dependencies.
    private static DateTime Stamp(string path)
    {
        var program = File.GetLastWriteTimeUtc(path);
        var dependencies = File.GetLastWriteTimeUtc(Path.ChangeExtension(path, ".deps.json"));
        return program > dependencies ? program : dependencies;
    }
}
