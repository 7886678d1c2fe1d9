using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace ModHost.Embedded;

/// <summary>The application's own assembly: from a file in CoreCLR, from the library itself in NativeAOT.</summary>
internal static class AppProgram
{
    /// <summary>Set by ModHost.AspNetCore's build targets: the assembly whose Main the library runs.</summary>
    private const string AssemblyKey = "ModHost.ApplicationAssembly";

    // The linker, too, knows this as false.
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    [UnconditionalSuppressMessage("Trimming", "IL4000", Justification = "Only NativeAOT trims, and has no dynamic code.")]
    private static bool CanLoadFiles => RuntimeFeature.IsDynamicCodeSupported;

    public static Assembly Load(AppSettings settings)
    {
        if (CanLoadFiles)
        {
            RuntimeSettings.Apply(settings);
            return LoadedApps.Take(settings);
        }

        return AppContext.GetData(AssemblyKey) is string name
            ? Assembly.Load(new AssemblyName(name))
            : throw new AppLoadException(Errors.NoEntryPoint,
                $"{settings.Path} was not built with ModHostLibrary=true: it does not say which assembly to run");
    }

    /// <summary>The start failed, and the program's Main is over.</summary>
    public static void Keep(AppSettings settings, Assembly program)
    {
        if (CanLoadFiles)
        {
            LoadedApps.Keep(settings, program);
        }
    }

    /// <summary>Tells whether a program is the one whose code an exception came from; null: no program's.</summary>
    public static Func<Assembly, bool>? ThrowerOf(Exception exception)
    {
        if (!CanLoadFiles || AppLoadContext.ThrowerOf(exception) is not { } context)
        {
            return null;
        }

        return program => AssemblyLoadContext.GetLoadContext(program) == context;
    }

    /// <summary>Until disposed of, names that code of this flow loads are looked up in the program's own context.</summary>
    public static IDisposable? EnterReflection(Assembly program) =>
        CanLoadFiles ? AssemblyLoadContext.EnterContextualReflection(program) : null;

    /// <summary>Runs Main with no arguments and gives its exit code; an asynchronous one is waited for.</summary>
    public static int Invoke(Assembly program)
    {
        var main = program.EntryPoint ?? throw new AppLoadException(Errors.NoEntryPoint,
            $"{program.GetName().Name} has no entry point: it is a library, not an application");
        object?[] arguments = main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()];
        var result = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        return result is int code ? code : Environment.ExitCode;
    }
}
