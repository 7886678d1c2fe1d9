namespace ModHost.Server.Scheduling;

/// <summary>The ExecutionContext that has nothing in it: a thread's own before anything was set.</summary>
internal static class DefaultContext
{
    public static readonly ExecutionContext Instance = Capture();

    private static ExecutionContext Capture()
    {
        // The thread that comes here first may already be inside some context.
        ExecutionContext? context = null;
        var thread = new Thread(() => context = ExecutionContext.Capture()) { IsBackground = true };
        thread.UnsafeStart();
        thread.Join();
        return context!;
    }
}
