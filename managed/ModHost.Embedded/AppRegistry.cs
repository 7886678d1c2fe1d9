using ModHost.Abi;
using ModHost.Server.Hosting;

namespace ModHost.Embedded;

/// <summary>
/// The applications of this runtime, by number, and their turns to start: one after the other, because what a start
/// needs (environment, base directory, entry assembly) belongs to the whole process.
/// </summary>
internal static class AppRegistry
{
    // Each attempt to start has a number of its own; this only keeps a wrong one from costing memory.
    private const uint MostApps = 1 << 20;

    private static readonly Lock s_gate = new();
    private static readonly Queue<EmbeddedApp> s_waiting = new();
    private static EmbeddedApp?[] s_apps = new EmbeddedApp?[4];
    private static bool s_starting;

    /// <summary>The application, or <see langword="null"/>. Any thread; no lock.</summary>
    public static EmbeddedApp? Find(uint number)
    {
        var apps = Volatile.Read(ref s_apps);
        return number < (uint)apps.Length ? Volatile.Read(ref apps[number]) : null;
    }

    /// <summary>Whether this runtime has been asked to start no other application than the one at this path.</summary>
    public static bool HasOnly(string path) =>
        Array.TrueForAll(Volatile.Read(ref s_apps), app => app is null || app.ProgramPath == path);

    /// <summary>The application whose code an exception came from, or <see langword="null"/>. Any thread.</summary>
    public static EmbeddedApp? ThrowerOf(Exception? exception) =>
        exception is not null && AppProgram.ThrowerOf(exception) is { } context
            ? Array.FindLast(Volatile.Read(ref s_apps), app => app?.Program is { } program && context(program))
            : null;

    /// <summary>Names of all that were started. Any thread.</summary>
    public static IReadOnlyList<string> Names() =>
        [.. Volatile.Read(ref s_apps).OfType<EmbeddedApp>().Select(app => app.Name).Distinct()];

    /// <summary>Takes an application in and lets it start when its turn comes. A MODHOST_E_* code.</summary>
    public static int Start(AppSettings settings)
    {
        if (settings.Number >= MostApps || settings.WorkerCount < 1 || settings.WorkerIndex >= settings.WorkerCount)
        {
            return Modhost.MODHOST_E_ARGUMENT;
        }

        ModHostWorker.Set(settings.WorkerIndex, settings.WorkerCount);
        lock (s_gate)
        {
            if (Find(settings.Number) is not null)
            {
                return Modhost.MODHOST_E_STATE;
            }

            var app = new EmbeddedApp(settings);
            Insert(app);
            s_waiting.Enqueue(app);
        }

        StartNext(previousIsDone: false);
        return Modhost.MODHOST_OK;
    }

    /// <summary>The application whose turn it was has started, failed, or taken too long.</summary>
    public static void StartIsOver() => StartNext(previousIsDone: true);

    private static void StartNext(bool previousIsDone)
    {
        EmbeddedApp? next;
        lock (s_gate)
        {
            s_starting = s_starting && !previousIsDone;
            if (s_starting || !s_waiting.TryDequeue(out next))
            {
                return;
            }

            s_starting = true;
        }

        next.Start();
    }

    private static void Insert(EmbeddedApp app)
    {
        var apps = s_apps;
        if (app.Number >= apps.Length)
        {
            Array.Resize(ref apps, Math.Max((int)app.Number + 1, apps.Length * 2));
        }

        apps[app.Number] = app;
        Volatile.Write(ref s_apps, apps);
    }
}
