using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace ModHost.Embedded;

/// <summary>
/// One application's assemblies, managed and native, as its .deps.json names them. The shared framework and ModHost
/// come from the default context, so that the application and its host mean the same types.
/// </summary>
[RequiresUnreferencedCode("Applications are loaded from files.")]
internal sealed class AppLoadContext : AssemblyLoadContext
{
    private const string OwnPrefix = "ModHost.";

    private readonly AssemblyDependencyResolver _resolver;

    private AppLoadContext(AppSettings settings)
        : base(settings.Name, isCollectible: false)
    {
        _resolver = new AssemblyDependencyResolver(settings.Path);
    }

    public static Assembly Load(AppSettings settings)
    {
        var context = new AppLoadContext(settings);
        SharedFramework.RefuseNewer(settings.Name, context._resolver);
        return context.LoadFromAssemblyPath(settings.Path);
    }

    /// <summary>That of the first method in an exception's trace that an application brought; null: there is none.
    /// </summary>
    public static AppLoadContext? ThrowerOf(Exception exception)
    {
        foreach (var frame in new StackTrace(exception).GetFrames())
        {
            if (frame.GetMethod() is { } method && GetLoadContext(method.Module.Assembly) is AppLoadContext context)
            {
                return context;
            }
        }

        return exception.InnerException is { } inner ? ThrowerOf(inner) : null;
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (SharedFramework.Contains(name))
        {
            return null;
        }

        if (name.StartsWith(OwnPrefix, StringComparison.Ordinal) && FromDefault(name) is { } own)
        {
            return own;
        }

        var path = _resolver.ResolveAssemblyToPath(assemblyName);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var path = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }

    // In whichever version the application was built against.
    private static Assembly? FromDefault(string name)
    {
        try
        {
            return Default.LoadFromAssemblyName(new AssemblyName(name));
        }
        catch (FileNotFoundException)
        {
            // One that only applications use, or an application's own whose name begins like ours.
            return null;
        }
    }
}
