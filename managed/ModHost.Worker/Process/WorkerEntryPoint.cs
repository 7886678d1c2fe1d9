using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModHost.Worker;

/// <summary>Where the launcher comes into a NativeAOT library.</summary>
public static class WorkerEntryPoint
{
    /// <summary>
    /// <c>int32_t modhost_worker_main(int32_t control_fd)</c>: makes the process a worker and runs the application's
    /// Main on this thread. Once per process. Gives the exit code.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "modhost_worker_main", CallConvs = [typeof(CallConvCdecl)])]
    public static int Run(int control)
    {
        try
        {
            Environment.SetEnvironmentVariable(WorkerProcess.ControlVariable, null);
            WorkerProcess.Start(control);
            return WorkerProcess.RunProgram();
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"{Errors.Internal}: {exception}");
            return WorkerProcess.RefusedExitCode;
        }
    }
}
