using System.Globalization;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>
/// A control group with a limit on memory, below the one that the tests run in, where this user may make one (version 1
/// or 2 of control groups). It must be empty when it is disposed of.
/// </summary>
internal sealed class MemoryCgroup : IAsyncDisposable
{
    private readonly string _path;

    private MemoryCgroup(string path) => _path = path;

    /// <summary>For <see cref="ServerSetup.Within"/>: runs a command in the group.</summary>
    public IReadOnlyList<string> Command => ["/bin/sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", Path.Combine(_path, "cgroup.procs")];

    /// <summary>Null: there can be none here.</summary>
    public static MemoryCgroup? TryMake(long bytes)
    {
        foreach (var (parent, limit) in Parents())
        {
            var path = Path.Combine(parent, $"modhost-tests-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");
            try
            {
                Directory.CreateDirectory(path);
                if (File.Exists(Path.Combine(path, limit)))
                {
                    File.WriteAllText(Path.Combine(path, limit), bytes.ToString(CultureInfo.InvariantCulture));
                    return new MemoryCgroup(path);
                }

                Directory.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Read-only, or somebody else's.
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        // The kernel takes a moment to forget a process that has ended.
        await Wait.Until("the control group is empty", () => File.ReadAllText(Path.Combine(_path, "cgroup.procs")).Length == 0);
        Directory.Delete(_path);
    }

    private static IEnumerable<(string Path, string Limit)> Parents()
    {
        const string root = "/sys/fs/cgroup";
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            switch (line.Split(':', 3))
            {
                case [_, "memory", var path]:
                    yield return ($"{root}/memory{path}", "memory.limit_in_bytes");
                    break;
                case ["0", "", var path]:
                    yield return (root + path, "memory.max");
                    break;
            }
        }
    }
}
