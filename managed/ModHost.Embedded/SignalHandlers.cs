using System.Runtime.InteropServices;

namespace ModHost.Embedded;

/// <summary>Makes .NET install its signal handlers now instead of later.</summary>
/// <remarks>
/// .NET replaces the handler of a signal when something first asks for it (Console, PosixSignalRegistration) and
/// remembers that it has. So each signal that matters to the web server is asked for once here, after which the web
/// server puts its own handlers back, and no later use in an application takes them away again. The registrations are
/// never disposed of: the last one to go would make .NET forget. SIGCHLD is not among them: it is .NET's, when it
/// wants it.
/// </remarks>
internal static class SignalHandlers
{
    // HUP, INT, QUIT, USR1, USR2, PIPE, ALRM, TERM, WINCH, IO and SYS, by their numbers on Linux.
    private static readonly int[] s_signals = [1, 2, 3, 10, 12, 13, 14, 15, 28, 29, 31];

    private static PosixSignalRegistration[]? s_registrations;

    public static void Claim() =>
        s_registrations ??= Array.ConvertAll(s_signals,
            static signal => PosixSignalRegistration.Create((PosixSignal)signal, static context => context.Cancel = true));
}
