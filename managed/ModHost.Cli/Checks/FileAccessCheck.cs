using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>Whether a user can get at a file, by owners and modes; groups are given the benefit of the doubt.</summary>
internal static class FileAccessCheck
{
    private const UnixFileMode Enter = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Read = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>What is in the way: a folder above it, or itself; null: nothing.</summary>
    public static string? Obstacle(string path, Account account)
    {
        var above = Path.GetDirectoryName(path);
        if (above is not null && Obstacle(above, account, Enter, UnixFileMode.UserExecute) is { } folder)
        {
            return folder;
        }

        return Allows(path, account, Read, UnixFileMode.UserRead) ? null : path;
    }

    private static string? Obstacle(string folder, Account account, UnixFileMode others, UnixFileMode owner)
    {
        var above = Path.GetDirectoryName(folder);
        return (above is null ? null : Obstacle(above, account, others, owner))
            ?? (Allows(folder, account, others, owner) ? null : folder);
    }

    private static bool Allows(string path, Account account, UnixFileMode others, UnixFileMode owner) =>
        PathStatus.Of(path) is not { } status
        || (File.GetUnixFileMode(path) & (status.User == account.User ? owner : others)) != 0;
}
