using ModHost.Cli.Checks;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Running;

/// <summary>ModHost's managed part, for who serves: root's tree may be closed to everybody else.</summary>
internal static class ManagedPart
{
    private const string Whole = "ModHost.Embedded.dll";

    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Open = Execute | UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>A copy that <paramref name="identity"/> can read; null: what was installed can be read.</summary>
    /// <param name="identity">Null: all is done by who types.</param>
    public static string? For(Installation installation, StateDirectory directory, ServerIdentity? identity)
    {
        if (identity is not { Account.User: not 0 } other
            || FileAccessCheck.Obstacle(Path.Combine(installation.Managed, Whole), other.Account) is null)
        {
            return null;
        }

        // As below a root: the supervisor, which is root's, is looked for from there.
        var copy = new Installation(Path.Combine(directory.Path, "modhost"));
        foreach (var folder in (string[])[copy.Root, Path.GetDirectoryName(copy.Managed)!])
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, Open);
        }

        Copy(installation.Managed, copy.Managed);
        Directory.CreateDirectory(Path.GetDirectoryName(copy.Supervisor)!);
        File.CreateSymbolicLink(copy.Supervisor, installation.Supervisor);
        return copy.Managed;
    }

    // Whatever the modes of what is copied are: those may be what is in the way.
    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        File.SetUnixFileMode(to, Open);
        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }

        foreach (var file in Directory.GetFiles(from))
        {
            var copy = Path.Combine(to, Path.GetFileName(file));
            File.Copy(file, copy);
            var isProgram = (File.GetUnixFileMode(copy) & UnixFileMode.UserExecute) != 0;
            File.SetUnixFileMode(copy, isProgram ? Open : Open & ~Execute);
        }
    }
}
