using System.Globalization;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>One line of /proc: what the kernel knows of a process.</summary>
internal sealed record ProcessState(int Id, string Name, char State, int Parent, int Session);

/// <summary>Reads /proc. A process that goes away in the middle is one that is not there.</summary>
internal static class ProcFs
{
    /// <summary>How many files a process that is started from here may have open at most.</summary>
    public static long MostDescriptors { get; } = File.ReadLines("/proc/self/limits")
        .First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] is var hard && hard == "unlimited"
            ? long.MaxValue : long.Parse(hard, CultureInfo.InvariantCulture);

    public static ProcessState? Read(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var close = text.LastIndexOf(')');
            var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..close];
            var rest = text[(close + 2)..].Split(' ');
            return new ProcessState(id, name, rest[0][0], Number(rest[1]), Number(rest[3]));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static IReadOnlyList<ProcessState> All() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Select(name => Read(Number(name!)))
            .OfType<ProcessState>()];

    public static IReadOnlyList<ProcessState> InSession(int session) => [.. All().Where(process => process.Session == session)];

    public static IReadOnlyList<ProcessState> Children(int parent) => [.. All().Where(process => process.Parent == parent)];

    public static bool Lives(int id) => Read(id) is { State: not 'Z' };

    /// <summary>The command line, its arguments parted by spaces.</summary>
    public static string CommandLine(int id) => Text(id, "cmdline").Replace('\0', ' ');

    /// <summary>Its working directory, also one that was deleted; "": it has gone, or is another user's.</summary>
    public static string WorkingDirectory(int id)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{id}/cwd", returnFinalTarget: false)?.FullName ?? "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Whether the process was started with this environment variable.</summary>
    public static bool HasEnvironment(int id, string name, string value) =>
        ("\0" + Text(id, "environ")).Contains($"\0{name}={value}\0", StringComparison.Ordinal);

    /// <summary>The lines of its memory map.</summary>
    public static IReadOnlyList<string> Maps(int id) => Text(id, "maps").Split('\n');

    /// <summary>What the process has open: targets such as <c>socket:[123]</c> or a path.</summary>
    public static IReadOnlyList<string> Descriptors(int id)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"/proc/{id}/fd")
                .Select(link => new FileInfo(link).LinkTarget)
                .OfType<string>()];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public static int Sockets(int id) => Descriptors(id).Count(target => target.StartsWith("socket:", StringComparison.Ordinal));

    /// <summary>Sockets of TCP over IPv4 and IPv6 alone.</summary>
    public static int TcpSockets(int id)
    {
        var inodes = ((string[])["tcp", "tcp6"]).SelectMany(table => File.ReadLines("/proc/net/" + table).Skip(1))
            .Select(line => $"socket:[{line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[9]}]").ToHashSet();
        return Descriptors(id).Count(inodes.Contains);
    }

    /// <summary>What the server's side of a connection on 127.0.0.1 could not send yet.</summary>
    public static long UnsentBytes(int serverPort, int clientPort)
    {
        // "sl local remote state tx:rx", numbers in hexadecimal.
        var ends = $" 0100007F:{serverPort:X4} 0100007F:{clientPort:X4} ";
        var line = File.ReadLines("/proc/net/tcp").FirstOrDefault(text => text.Contains(ends, StringComparison.Ordinal));
        return line is null ? 0
            : long.Parse(line.Split(ends)[1].Split(' ')[1].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>A line of /proc/id/status in KiB, such as VmHWM or VmRSS.</summary>
    public static long StatusKiB(int id, string key)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(text => text.StartsWith(key + ":", StringComparison.Ordinal));
        return long.Parse(line[(key.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>Makes VmHWM count anew from now.</summary>
    public static void ResetPeak(int id) => File.WriteAllText($"/proc/{id}/clear_refs", "5");

    private static string Text(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
