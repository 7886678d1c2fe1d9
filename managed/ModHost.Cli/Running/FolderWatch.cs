using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>Tells of changes of a folder's direct entries, when they have come to an end.</summary>
internal sealed class FolderWatch(string folder)
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);

    private DateTime _looked = DateTime.UtcNow;
    private int _known = Look(folder);
    private int _last = Look(folder);

    /// <summary>Once for each change, after a second in which there was no other.</summary>
    public bool HasChanged()
    {
        if (DateTime.UtcNow - _looked < s_pace)
        {
            return false;
        }

        _looked = DateTime.UtcNow;
        var now = Look(folder);
        var settled = now == _last && now != _known;
        _last = now;
        if (settled)
        {
            _known = now;
        }

        return settled;
    }

    private static int Look(string folder)
    {
        var hash = new HashCode();
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
            {
                hash.Add(path);
                hash.Add(PathStatus.Of(path));
            }
        }
        catch (IOException)
        {
            // It is being replaced.
        }

        return hash.ToHashCode();
    }
}
