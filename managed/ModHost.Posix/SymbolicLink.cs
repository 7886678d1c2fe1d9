namespace ModHost.Posix;

/// <summary>Links that lead elsewhere from one moment to the next.</summary>
public static class SymbolicLink
{
    /// <summary>Makes a link, or lets the one that is there lead to another target; it is never missing meanwhile.</summary>
    public static void Replace(string path, string target)
    {
        var next = $"{path}.{RandomText.Hex(4)}";
        File.CreateSymbolicLink(next, target);
        Libc.Check($"rename {path}", Libc.rename(next, path));
    }
}
