using ModHost.Posix;

namespace ModHost.Supervisor.Groups;

/// <summary>
/// Watches the file or folder of reload-on. It looks, once a second, instead of being notified: that sees links that
/// are changed, folders that are replaced, and file systems that notify nobody.
/// </summary>
internal sealed class ReloadWatch(string path)
{
    /// <summary>Between two looks; a change counts when the next look finds no other one.</summary>
    public const long Interval = 1_000;

    private const int MostEntries = 1000;

    private ulong _seen = Look(path);
    private ulong _acted = Look(path);
    private long _next;

    public string Path { get; } = path;

    public long Due => _next;

    /// <summary>Whether it has changed, and the change is over.</summary>
    public bool HasChanged(long now)
    {
        if (now < _next)
        {
            return false;
        }

        _next = now + Interval;
        var sight = Look(Path);
        var quiet = sight == _seen;
        _seen = sight;
        if (!quiet || sight == _acted)
        {
            return false;
        }

        _acted = sight;
        return sight != 0;
    }

    // 0: nothing is there; a marker that is taken away asks for nothing.
    private static ulong Look(string path)
    {
        if (PathStatus.Of(path) is not { } status)
        {
            return 0;
        }

        var sight = Mix(17, status);
        try
        {
            if (Directory.Exists(path))
            {
                foreach (var entry in Directory.EnumerateFileSystemEntries(path).Take(MostEntries))
                {
                    // In any order.
                    sight += PathStatus.Of(entry) is { } one ? Mix(31, one) : 0;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is being replaced: the next look sees what comes of it.
        }

        return sight | 1;
    }

    private static ulong Mix(ulong seed, in PathStatus status) => unchecked(
        ((((seed * 1099511628211) ^ status.Node) * 1099511628211) ^ (ulong)status.Modified) * 1099511628211
        ^ (ulong)status.Size);
}
