using System.Globalization;
using ModHost.Posix;

namespace ModHost.Supervisor.Processes;

/// <summary>How a process ended, in words.</summary>
internal static class ExitReason
{
    private const int Kill = 9;

    private static readonly Dictionary<int, string> s_signals = new()
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [5] = "SIGTRAP",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [10] = "SIGUSR1",
        [11] = "SIGSEGV",
        [12] = "SIGUSR2",
        [13] = "SIGPIPE",
        [14] = "SIGALRM",
        [15] = "SIGTERM",
        [24] = "SIGXCPU",
        [25] = "SIGXFSZ",
        [31] = "SIGSYS",
    };

    /// <param name="exit">Null: not known, as it was nobody's child any more.</param>
    /// <param name="killed">By the supervisor.</param>
    public static string Describe(ChildExit? exit, bool killed, OomWatch oom)
    {
        if (exit is not { } known)
        {
            return killed ? "was killed by the supervisor" : "ended; how is not known";
        }

        if (!known.Signalled)
        {
            return string.Create(CultureInfo.InvariantCulture, $"exited with code {known.Code}");
        }

        var name = s_signals.TryGetValue(known.Code, out var text) ? $" ({text})" : "";
        var more = known.Code != Kill ? known.DumpedCore ? ", core dumped" : ""
            : killed ? " by the supervisor"
            : oom.Happened() ? " by the kernel: out of memory" : "";
        return string.Create(CultureInfo.InvariantCulture, $"was killed by signal {known.Code}{name}{more}");
    }

    /// <summary>Of a wait status, as the watchdog sends it.</summary>
    public static ChildExit FromStatus(uint status)
    {
        var signal = (int)(status & 0x7f);
        return signal == 0
            ? new ChildExit((int)((status >> 8) & 0xff), false, false)
            : new ChildExit(signal, true, (status & 0x80) != 0);
    }
}
