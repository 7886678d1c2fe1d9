using System.Text;
using ModHost.Posix;

namespace ModHost.Cli.Control;

/// <summary>The lines of a log file that are one group's, as they come.</summary>
/// <param name="path">The file; it may be renamed and made anew.</param>
/// <param name="group">Null: every group's.</param>
/// <param name="own">The file is the groups' alone.</param>
internal sealed class LogTail(string path, string? group, bool own)
{
    // How much of a file is looked at for its last lines.
    private const int Window = 1 << 20;

    private ulong _node;
    private long _position;
    private bool _belongs;
    private string _rest = "";

    /// <summary>The last lines that there are now.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        _node = PathStatus.Of(path)?.Node ?? 0;
        using var file = Open();
        _position = Math.Max(0, file.Length - Window);
        var cut = _position > 0;
        var lines = Read(file);
        return [.. lines.Skip(cut ? 1 : 0).TakeLast(count)];
    }

    /// <summary>What has come since.</summary>
    public IReadOnlyList<string> New()
    {
        if (PathStatus.Of(path) is not { } now)
        {
            return [];
        }

        if (now.Node != _node || now.Size < _position)
        {
            _node = now.Node;
            _position = 0;
        }

        using var file = Open();
        return Read(file);
    }

    private List<string> Read(FileStream file)
    {
        file.Position = _position;
        using var reader = new StreamReader(file, Encoding.UTF8);
        var text = _rest + reader.ReadToEnd();
        _position = file.Position;
        var end = text.LastIndexOf('\n') + 1;
        _rest = text[end..];
        return [.. text[..end].Split('\n')[..^1].Where(Belongs)];
    }

    // What begins with white space goes on with the line before it.
    private bool Belongs(string line)
    {
        if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
        {
            _belongs = (own && group is null) || IsOf(line);
        }

        return _belongs;
    }

    private bool IsOf(string line)
    {
        const string Mark = ": modhost: [";
        var at = line.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
        {
            return own;
        }

        var source = line.AsSpan(at + Mark.Length);
        return group is null || (source.StartsWith(group, StringComparison.Ordinal)
            && source.Length > group.Length && (source[group.Length] is '/' or ']'));
    }

    private FileStream Open()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandException($"{path} is not for this user; try again with sudo");
        }
    }
}
