using System.Runtime.InteropServices;
using System.Text;

namespace ModHost.Posix;

/// <summary>How a process ended.</summary>
/// <param name="Code">The exit code, or the number of the signal that ended it.</param>
/// <param name="Signalled">Whether it was a signal.</param>
/// <param name="DumpedCore">Whether it left a core file.</param>
public readonly record struct ChildExit(int Code, bool Signalled, bool DumpedCore);

/// <summary>
/// posix_spawn, pidfd and waitid: child processes that are told from all others by a descriptor, and never by a number
/// that may already be somebody else's.
/// </summary>
public static unsafe class ChildProcess
{
    // Larger than glibc's and musl's structures.
    private const int OpaqueSize = 1024;

    private const nint SysPidfdSendSignal = 424;
    private const nint SysPidfdOpen = 434;

    private const int CodeExited = 1;
    private const int CodeDumped = 3;

    /// <summary>Starts a program with all signals at their defaults, and none blocked.</summary>
    /// <param name="path">The program; not looked up.</param>
    /// <param name="arguments">With argv[0].</param>
    /// <param name="environment">NAME=value, all of it.</param>
    /// <param name="descriptors">
    /// What it gets as 0, 1, 2, …; everything else of this process is close-on-exec, or it is inherited.
    /// </param>
    /// <param name="session">Whether it gets a session of its own.</param>
    /// <returns>Its number, which nobody else has before it was waited for.</returns>
    public static int Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment,
        IReadOnlyList<Descriptor> descriptors, bool session = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(descriptors);
        using var text = new TextList();
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        Check("posix_spawn_file_actions_init", Libc.posix_spawn_file_actions_init(actions));
        Check("posix_spawnattr_init", Libc.posix_spawnattr_init(attributes));
        var moved = new List<Descriptor>();
        try
        {
            AddDescriptors(actions, descriptors, moved);
            SetAttributes(attributes, session);
            int pid;
            var error = Libc.posix_spawn(&pid, text.One(path), actions, attributes, text.All(arguments),
                text.All(environment));
            return error == 0 ? pid : throw new PosixException($"posix_spawn {path}", error);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
            moved.ForEach(static descriptor => descriptor.Dispose());
        }
    }

    /// <summary>
    /// A descriptor of a process that cannot be gone: a child that was not waited for. It becomes readable when the
    /// process ends.
    /// </summary>
    public static Descriptor Open(int pid) =>
        new(Libc.Check("pidfd_open", (int)Libc.syscall(SysPidfdOpen, pid, 0, 0, 0)));

    /// <summary>Sends a signal. False: it has ended.</summary>
    public static bool Signal(Descriptor process, int signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (Libc.syscall(SysPidfdSendSignal, process.Number, signal, 0, 0) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.NoProcess ? false : throw new PosixException("pidfd_send_signal", error);
    }

    /// <summary>
    /// How a child ended, once; it is reaped with that. <see langword="null"/>: it has not. Throws
    /// <see cref="PosixException"/> for a process that is not this one's child.
    /// </summary>
    public static ChildExit? Wait(Descriptor process)
    {
        ArgumentNullException.ThrowIfNull(process);
        var info = stackalloc byte[128];
        while (true)
        {
            new Span<byte>(info, 128).Clear();
            if (Libc.waitid(Libc.P_PIDFD, (uint)process.Number, info, Libc.WEXITED | Libc.WNOHANG) == 0)
            {
                break;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.Interrupted)
            {
                throw new PosixException("waitid", error);
            }
        }

        // siginfo_t of 64-bit Linux: si_code at 8, si_pid at 16, si_status at 24.
        var code = *(int*)(info + 8);
        return *(int*)(info + 16) == 0
            ? null
            : new ChildExit(*(int*)(info + 24), code != CodeExited, code == CodeDumped);
    }

    private static void Check(string call, int error)
    {
        if (error != 0)
        {
            throw new PosixException(call, error);
        }
    }

    private static void AddDescriptors(byte* actions, IReadOnlyList<Descriptor> descriptors, List<Descriptor> moved)
    {
        for (var target = 0; target < descriptors.Count; target++)
        {
            // One that has a number among the targets could be overwritten before its turn.
            var source = descriptors[target];
            while (source.Number < descriptors.Count && source.Number != target)
            {
                source = Above(source, descriptors.Count);
                moved.Add(source);
            }

            Check("posix_spawn_file_actions_adddup2",
                Libc.posix_spawn_file_actions_adddup2(actions, source.Number, target));
        }
    }

    private static Descriptor Above(Descriptor source, int least) =>
        new(Libc.Check("fcntl", Libc.fcntl(source.Number, Libc.F_DUPFD_CLOEXEC, least)));

    private static void SetAttributes(byte* attributes, bool session)
    {
        var set = stackalloc byte[128];
        _ = Libc.sigfillset(set);
        Check("posix_spawnattr_setsigdefault", Libc.posix_spawnattr_setsigdefault(attributes, set));
        _ = Libc.sigemptyset(set);
        Check("posix_spawnattr_setsigmask", Libc.posix_spawnattr_setsigmask(attributes, set));
        var flags = Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK
            | (session ? Libc.POSIX_SPAWN_SETSID : 0);
        Check("posix_spawnattr_setflags", Libc.posix_spawnattr_setflags(attributes, (short)flags));
    }

    /// <summary>C strings, and NULL-terminated lists of them, for the time of one call.</summary>
    private sealed class TextList : IDisposable
    {
        private readonly List<nint> _memory = [];

        public byte* One(string text)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("a NUL in an argument or variable", nameof(text));
            }

            var bytes = Encoding.UTF8.GetBytes(text);
            var memory = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
            _memory.Add((nint)memory);
            bytes.CopyTo(new Span<byte>(memory, bytes.Length));
            memory[bytes.Length] = 0;
            return memory;
        }

        public byte** All(IReadOnlyList<string> texts)
        {
            var list = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
            _memory.Add((nint)list);
            for (var i = 0; i < texts.Count; i++)
            {
                list[i] = One(texts[i]);
            }

            list[texts.Count] = null;
            return list;
        }

        public void Dispose() => _memory.ForEach(static memory => NativeMemory.Free((void*)memory));
    }
}
