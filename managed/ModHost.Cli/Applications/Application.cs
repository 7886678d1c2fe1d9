using ModHost.Posix;

namespace ModHost.Cli.Applications;

/// <summary>What a web server is to run.</summary>
/// <param name="Path">What is written after <c>modhost_pass</c>: a .dll, a .so, or a program.</param>
/// <param name="Folder">Where it was published.</param>
internal sealed record Application(string Path, string Folder, ApplicationKind Kind)
{
    private const string RuntimeConfiguration = ".runtimeconfig.json";

    public string Name { get; } = System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Its published static files, or null.</summary>
    public string? WebRoot => System.IO.Path.Combine(Folder, "wwwroot") is var folder && Directory.Exists(folder)
        ? folder : null;

    /// <summary>Who put it there.</summary>
    public uint Owner => PathStatus.Of(Path)?.User ?? 0;

    /// <summary>What was typed, if it is something that was published.</summary>
    /// <exception cref="CommandException">It is not.</exception>
    public static Application Find(string typed)
    {
        var path = System.IO.Path.GetFullPath(typed);
        if (Directory.Exists(path))
        {
            return InFolder(path, typed);
        }

        if (!File.Exists(path))
        {
            throw CommandException.Wrong($"there is no application at {typed}; name a .dll, a .so, a publish folder or a project");
        }

        return System.IO.Path.GetExtension(path) switch
        {
            ".dll" when File.Exists(System.IO.Path.ChangeExtension(path, null) + RuntimeConfiguration) =>
                At(path, ApplicationKind.Assembly),
            ".dll" => throw CommandException.Wrong($"{typed} is a library, not an application: there is no "
                + $"{System.IO.Path.GetFileNameWithoutExtension(path)}{RuntimeConfiguration} beside it; name what dotnet publish wrote"),
            ".so" => At(path, ApplicationKind.Library),
            "" when IsProgram(path) => At(path, ApplicationKind.Executable),
            _ => throw CommandException.Wrong($"{typed} is not an application; name a .dll, a .so, a publish folder or a project"),
        };
    }

    private static bool IsProgram(string path)
    {
        Span<byte> head = stackalloc byte[4];
        using var file = File.OpenRead(path);
        return (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0
            && file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual("\x7fELF"u8);
    }

    private static Application At(string path, ApplicationKind kind) =>
        new(path, System.IO.Path.GetDirectoryName(path)!, kind);

    // As the module finds it: one application, and no doubt which.
    private static Application InFolder(string folder, string typed)
    {
        var assemblies = Directory.GetFiles(folder, "*" + RuntimeConfiguration)
            .Select(file => file[..^RuntimeConfiguration.Length] + ".dll").Where(File.Exists).ToArray();
        if (assemblies.Length == 1)
        {
            return At(assemblies[0], ApplicationKind.Assembly);
        }

        var libraries = Directory.GetFiles(folder, "*.so").Where(IsOwn).ToArray();
        return (assemblies.Length, libraries.Length) switch
        {
            (0, 1) => At(libraries[0], ApplicationKind.Library),
            (0, 0) => throw CommandException.Wrong(
                $"there is no application in {typed}; name a publish folder (dotnet publish -o FOLDER) or a project"),
            _ => throw CommandException.Wrong($"there is more than one application in {typed}; name the file: "
                + string.Join(", ", assemblies.Concat(libraries).Select(System.IO.Path.GetFileName))),
        };
    }

    // NativeAOT leaves the symbols of a library of its own beside it; those of packages have none.
    private static bool IsOwn(string library) =>
        File.Exists(library + ".dbg") || !System.IO.Path.GetFileName(library).StartsWith("lib", StringComparison.Ordinal);
}

/// <summary>How an application was published.</summary>
internal enum ApplicationKind
{
    /// <summary>IL: <c>dotnet App.dll</c>.</summary>
    Assembly,

    /// <summary>A NativeAOT library.</summary>
    Library,

    /// <summary>A program of its own, which needs a process group.</summary>
    Executable,
}
