using System.Security.Cryptography;
using System.Text;

namespace ModHost.Cli.Setup;

/// <summary>What there is at the place of a file that is to be written.</summary>
internal enum FileState
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>The same.</summary>
    Current,

    /// <summary>An earlier one of ours, as it was written.</summary>
    Outdated,

    /// <summary>One that somebody has changed, or that was never ours.</summary>
    Edited,
}

/// <summary>A file of a set-up. It carries the hash of its text, so that it is known again when nobody has edited it.</summary>
/// <param name="Place">Where it belongs in a system, without the leading slash.</param>
/// <param name="Name">What it is called in a folder of its own.</param>
/// <param name="Text">Comments begin with #; a first line with #! stays the first.</param>
internal sealed record SetupFile(string Place, string Name, string Text, bool Executable = false)
{
    private const string Mark = "# modhost setup-server wrote this; edit it, and it will be left alone. ";
    private const int HashLength = 16;

    /// <summary>All of it, with its mark.</summary>
    public string Content
    {
        get
        {
            var (head, rest) = Split(Text);
            return $"{head}{Mark}{Hash(rest)}\n{rest}";
        }
    }

    public FileState StateAt(string path)
    {
        if (!File.Exists(path))
        {
            return FileState.Missing;
        }

        var present = File.ReadAllText(path);
        return present == Content ? FileState.Current : IsAsWritten(present) ? FileState.Outdated : FileState.Edited;
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.WriteAllText(temporary, Content);
        File.SetUnixFileMode(temporary, Executable ? (UnixFileMode)0x1ed : (UnixFileMode)0x1a4);
        File.Move(temporary, path, overwrite: true);
    }

    private static bool IsAsWritten(string present)
    {
        var (_, rest) = Split(present);
        var end = rest.IndexOf('\n', StringComparison.Ordinal);
        return end > 0 && rest.StartsWith(Mark, StringComparison.Ordinal)
            && rest[Mark.Length..end] == Hash(rest[(end + 1)..]);
    }

    private static (string Head, string Body) Split(string text)
    {
        var end = text.StartsWith("#!", StringComparison.Ordinal) ? text.IndexOf('\n', StringComparison.Ordinal) + 1 : 0;
        return (text[..end], text[end..]);
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
}
