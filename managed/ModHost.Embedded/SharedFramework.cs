using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace ModHost.Embedded;

/// <summary>The assemblies that every application of this process shares.</summary>
[RequiresUnreferencedCode("Applications are loaded from files.")]
internal static class SharedFramework
{
    private static readonly Dictionary<string, string> s_paths = FindAll();

    public static bool Contains(string name) => s_paths.ContainsKey(name);

    /// <summary>
    /// Refuses an application that brings a newer version of one of these. Running alone it would get its own; here
    /// the framework's other assemblies, already bound to the shared one, would see different types of the same name.
    /// An equal or older copy is no obstacle: the shared one is used.
    /// </summary>
    public static void RefuseNewer(string app, AssemblyDependencyResolver resolver)
    {
        foreach (var (name, path) in s_paths)
        {
            var own = resolver.ResolveAssemblyToPath(new AssemblyName(name));
            if (own is null || own == path)
            {
                continue;
            }

            var ownVersion = AssemblyName.GetAssemblyName(own).Version;
            var sharedVersion = AssemblyName.GetAssemblyName(path).Version;
            if (ownVersion > sharedVersion)
            {
                throw new AppLoadException(Errors.NewerAssembly,
                    $"{app} brings {name} {ownVersion}, newer than {sharedVersion} of the shared framework in "
                    + $"{Path.GetDirectoryName(path)}; install a newer framework, or give the application a "
                    + "process_group of its own");
            }
        }
    }

    private static Dictionary<string, string> FindAll()
    {
        var list = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        var paths = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            paths.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        return paths;
    }
}
