using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>What keeps somebody from a file.</summary>
/// <param name="Path">A folder above it, or itself.</param>
/// <param name="IsCertain">Whether an access list, which modes do not tell of, cannot help.</param>
internal sealed record Obstacle(string Path, bool IsCertain);

/// <summary>Whether somebody can get at a file, by owners and modes.</summary>
internal static class FileAccessCheck
{
    // As many as the kernel follows.
    private const int MostLinks = 40;
    private const int Read = 4;
    private const int Enter = 1;

    /// <summary>What is in the way; null: nothing. Groups are given the benefit of the doubt.</summary>
    public static string? Obstacle(string path, Account account) =>
        Find(path, new FileReader(account.Name, account.User))?.Path;

    /// <summary>What is in the way; null: nothing, or nothing that can be seen.</summary>
    public static Obstacle? Find(string path, FileReader reader) => reader.IsRoot ? null
        : Find(path, reader, Directory.Exists(path) ? Read | Enter : Read, MostLinks);

    private static Obstacle? Find(string path, FileReader reader, int needed, int links)
    {
        if (Path.GetDirectoryName(path) is { } above && Find(above, reader, Enter, links) is { } folder)
        {
            return folder;
        }

        if (links > 0 && new FileInfo(path).LinkTarget is { } target)
        {
            var there = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path) ?? "/", target));
            return Find(there, reader, needed, links - 1);
        }

        return Judge(path, reader, needed);
    }

    private static Obstacle? Judge(string path, FileReader reader, int needed)
    {
        if (PathStatus.Of(path) is not { } status)
        {
            return null;
        }

        var mode = (int)File.GetUnixFileMode(path);
        var (owner, group, others) = ((mode >> 6) & needed, (mode >> 3) & needed, mode & needed);
        if (status.User == reader.User)
        {
            return owner == needed ? null : new Obstacle(path, true);
        }

        var ofGroup = reader.Groups?.Contains(status.Group);
        return (ofGroup == true ? group : ofGroup is null ? group | others : others) == needed ? null
            : new Obstacle(path, ofGroup == true || group != needed);
    }
}
