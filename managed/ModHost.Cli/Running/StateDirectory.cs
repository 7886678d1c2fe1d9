using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>Where one run of a web server has all its things: private, with a name that nobody can guess.</summary>
internal sealed class StateDirectory
{
    // Paths of sockets below it are short: see modhost_run_directory.
    private const int LongestBase = 30;
    private const string Prefix = "modhost-";

    private StateDirectory(string path) => Path = path;

    public string Path { get; }

    public string Run => System.IO.Path.Combine(Path, "run");

    public string State => System.IO.Path.Combine(Path, "state");

    /// <param name="user">Who has to be able to go through it beside its owner; null: nobody.</param>
    public static StateDirectory Create(Account? user)
    {
        var temporary = System.IO.Path.GetTempPath().TrimEnd('/');
        var directory = new StateDirectory(PrivateDirectory.Create(
            temporary.Length <= LongestBase && temporary.All(IsPlain) ? temporary : "/tmp", Prefix));
        try
        {
            directory.Fill(user);
            return directory;
        }
        catch
        {
            directory.Remove();
            throw;
        }
    }

    // In addresses of sockets nothing can be quoted.
    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || "/._-".Contains(character);

    /// <summary>Those of this user, of web servers that run now.</summary>
    public static IEnumerable<string> All() =>
        ((string[])[System.IO.Path.GetTempPath().TrimEnd('/'), "/tmp"]).Distinct().Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder, Prefix + "*", new EnumerationOptions
            {
                IgnoreInaccessible = true,
            }));

    /// <summary>A file that its owner alone can read.</summary>
    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var file = new StreamWriter(path, options);
        file.Write(text);
        return path;
    }

    /// <summary>With everything in it; what cannot be removed is left.</summary>
    public void Remove() => Remove(Path);

    /// <inheritdoc cref="Remove()"/>
    public static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody still writes into it, or it has gone already.
        }
    }

    // The configuration stays its owner's: whoever serves requests may go through the folder, and write below it.
    private void Fill(Account? user)
    {
        Directory.CreateDirectory(Run);
        Directory.CreateDirectory(State);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "tmp"));
        foreach (var folder in (string[])[Run, State, System.IO.Path.Combine(Path, "tmp")])
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0x1ed);
        }

        if (user is { User: not 0 } && Account.Effective == 0)
        {
            Account.Own(Path, 0, user.Group);
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute);
        }
    }
}
