using System.Runtime.InteropServices;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Sends signals; the numbers are Linux's.</summary>
internal static class Signal
{
    public const int Hup = 1;
    public const int Int = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Usr1 = 10;
    public const int Usr2 = 12;
    public const int Term = 15;
    public const int Cont = 18;
    public const int Stop = 19;
    public const int Winch = 28;

    public static void Send(int process, int signal)
    {
        if (kill(process, signal) != 0)
        {
            throw new InvalidOperationException($"kill({process}, {signal}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public static void TrySend(int process, int signal) => _ = kill(process, signal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
