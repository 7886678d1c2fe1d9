using System.Globalization;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>Processes and what they started, each known by its number and the moment of its start.</summary>
internal sealed class ProcessTree
{
    private readonly Dictionary<int, ulong> _members = [];

    /// <summary>Adds a process and all that it has started by now, in whatever session.</summary>
    public void Add(int root)
    {
        var all = new Dictionary<int, (int Parent, ulong Started)>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(pid) is { } found)
            {
                all[pid] = found;
            }
        }

        var parents = new HashSet<int> { root };
        if (all.TryGetValue(root, out var own))
        {
            _members.TryAdd(root, own.Started);
        }

        while (parents.Count > 0)
        {
            var children = all.Where(process => parents.Contains(process.Value.Parent)).ToArray();
            parents = [.. children.Select(child => child.Key)];
            foreach (var child in children)
            {
                _members[child.Key] = child.Value.Started;
            }
        }
    }

    /// <summary>Those that still live.</summary>
    public IReadOnlyList<int> Alive => [.. _members.Where(member => Read(member.Key)?.Started == member.Value)
        .Select(member => member.Key)];

    /// <summary>SIGKILL to all that still live.</summary>
    public void Kill()
    {
        const int SignalKill = 9;
        foreach (var pid in Alive)
        {
            try
            {
                using var process = ChildProcess.Open(pid);
                if (Read(pid)?.Started == _members[pid])
                {
                    ChildProcess.Signal(process, SignalKill);
                }
            }
            catch (PosixException)
            {
                // It has ended just now.
            }
        }
    }

    // Behind the name in brackets: state, parent, …, and as the twentieth the start. A zombie has ended.
    private static (int Parent, ulong Started)? Read(int pid)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : (int.Parse(fields[1], CultureInfo.InvariantCulture),
                ulong.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
