using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using ModHost.Worker;

/// <summary>
/// What the runtime calls before the Main of an unmodified application, because DOTNET_STARTUP_HOOKS names this
/// assembly. It makes the process a worker.
/// </summary>
internal static class StartupHook
{
    private const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    // Set where somebody develops: see modhost dev --debug.
    private const string DebuggerVariable = "MODHOST_WAIT_FOR_DEBUGGER";
    private const int Pause = 50;

    private static readonly string s_folder = Path.GetDirectoryName(typeof(StartupHook).Assembly.Location)!;

    /// <summary>On the main thread, before Main and after no other code of the application.</summary>
    public static void Initialize()
    {
        RemoveOwnHook();
        AssemblyLoadContext.Default.Resolving += LoadOwn;
        Start();
        WaitForDebugger();
    }

    // In a method of its own: it is compiled after the handler above was set.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Start() => WorkerProcess.StartFromEnvironment();

    // No line of the application has run yet. Orders of the supervisor are obeyed meanwhile.
    private static void WaitForDebugger()
    {
        if (Environment.GetEnvironmentVariable(DebuggerVariable) != "1" || Debugger.IsAttached)
        {
            return;
        }

        Console.WriteLine($"Process {Environment.ProcessId} waits for a debugger.");
        while (!Debugger.IsAttached)
        {
            Thread.Sleep(Pause);
        }
    }

    /// <summary>
    /// ModHost's own assemblies lie beside this one. An application that refers to ModHost.AspNetCore brings them
    /// itself, and then this is not asked.
    /// </summary>
    private static Assembly? LoadOwn(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name?.StartsWith("ModHost.", StringComparison.Ordinal) != true)
        {
            return null;
        }

        var path = Path.Combine(s_folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }

    /// <summary>Processes that the application starts are not workers; the user's own hooks stay.</summary>
    private static void RemoveOwnHook()
    {
        var value = Environment.GetEnvironmentVariable(HooksVariable);
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        var own = typeof(StartupHook).Assembly.Location;
        var others = value.Split(Path.PathSeparator).Where(hook => !IsOwn(hook, own)).ToArray();
        Environment.SetEnvironmentVariable(
            HooksVariable, others.Length == 0 ? null : string.Join(Path.PathSeparator, others));
    }

    private static bool IsOwn(string hook, string path) =>
        string.Equals(hook, path, StringComparison.Ordinal)
        || string.Equals(Path.GetFileName(hook), Path.GetFileName(path), StringComparison.Ordinal);
}
