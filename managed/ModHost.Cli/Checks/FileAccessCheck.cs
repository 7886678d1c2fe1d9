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
        : Walk(Path.Combine(Environment.CurrentDirectory, path), reader, Directory.Exists(path) ? Read | Enter : Read);

    // As the kernel does: a link's target, and what is above it, count from the folder that the link really is in.
    private static Obstacle? Walk(string path, FileReader reader, int needed)
    {
        var (at, links) = ("/", 0);
        var parts = new Stack<string>(Parts(path));
        while (parts.TryPop(out var part))
        {
            if (Judge(at, reader, Enter) is { } folder)
            {
                return folder;
            }

            var next = part switch
            {
                "." => at,
                ".." => Path.GetDirectoryName(at) ?? "/",
                _ => Path.Combine(at, part),
            };
            if (links < MostLinks && new FileInfo(next).LinkTarget is { } target)
            {
                links++;
                at = Path.IsPathRooted(target) ? "/" : at;
                foreach (var step in Parts(target))
                {
                    parts.Push(step);
                }
            }
            else
            {
                at = next;
            }
        }

        return Judge(at, reader, needed);
    }

    // The last first.
    private static IEnumerable<string> Parts(string path) => Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries));

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
