using System.Text.RegularExpressions;
using ModHost.Cli.Applications;

namespace ModHost.Cli.Development;

/// <summary>A burst of changes.</summary>
/// <param name="Name">Of the last file.</param>
/// <param name="OfProject">Whether one of them says what the project is built from.</param>
internal sealed record SourceChange(string Name, bool OfProject);

/// <summary>Tells of changes of what a project is built from, when they have come to an end.</summary>
internal sealed partial class ProjectWatch : IDisposable
{
    private static readonly string[] s_ignored = ["bin", "obj", ".git", ".vs", ".idea", "node_modules"];

    // What projects are made of; everything else in their folders may be an application's own: databases, logs, uploads.
    private static readonly string[] s_sources =
    [
        ".cs", ".fs", ".fsi", ".vb", ".cshtml", ".razor", ".resx", ".proto", ".json", ".css", ".scss", ".less", ".js", ".mjs", ".ts",
        ".jsx", ".tsx", ".html", ".editorconfig", ".globalconfig", ".ruleset",
    ];

    // What a restore of packages reads: projects, Directory.Packages.props, nuget.config, global.json, packages.lock.json.
    private static readonly string[] s_ofProject = ["proj", ".props", ".targets", ".config", "global.json", ".lock.json"];

    // What a build takes from folders above the project.
    private static readonly string[] s_above = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props",
        "nuget.config", "NuGet.config", "NuGet.Config", "global.json", ".editorconfig"];

    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly TimeSpan _quiet;
    private readonly Action? _noticed;
    private readonly Lock _lock = new();
    private DateTime? _last;
    private string _name = "";
    private bool _ofProject;

    /// <param name="more">Files and folders besides.</param>
    /// <param name="quiet">How long there must have been no other change.</param>
    /// <param name="noticed">Called at once with each change, on any thread.</param>
    public ProjectWatch(Project project, IEnumerable<string> more, TimeSpan quiet, Action? noticed = null)
    {
        _quiet = quiet;
        _noticed = noticed;
        var folders = Folders(project.File);
        var above = folders.SelectMany(Above).Distinct().ToArray();
        foreach (var folder in folders)
        {
            Watch(folder, ["*"], recursive: true, IsSource);
        }

        foreach (var folder in more.Where(Directory.Exists))
        {
            Watch(folder, ["*"], recursive: true);
        }

        foreach (var folder in above.Where(folder => !folders.Any(whole => IsWithin(folder, whole))))
        {
            Watch(folder, s_above, recursive: false);
        }

        foreach (var file in more.Where(File.Exists))
        {
            Watch(Path.GetDirectoryName(file)!, [Path.GetFileName(file)], recursive: false);
        }
    }

    /// <summary>There is a change that nobody has taken.</summary>
    public bool HasChange
    {
        get
        {
            lock (_lock)
            {
                return _last is not null;
            }
        }
    }

    /// <summary>What was changed, once for each burst of changes; null: nothing is new.</summary>
    public SourceChange? TakeChange()
    {
        lock (_lock)
        {
            if (_last is not { } last || DateTime.UtcNow - last < _quiet)
            {
                return null;
            }

            var change = new SourceChange(_name, _ofProject);
            _last = null;
            _ofProject = false;
            return change;
        }
    }

    public void Dispose() => _watchers.ForEach(watcher => watcher.Dispose());

    /// <summary>Whether a build reads it, by its name.</summary>
    /// <param name="path">Below a project's folder.</param>
    public static bool IsSource(string path) => path.Split('/').Contains("wwwroot")
        || s_sources.Concat(s_ofProject).Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    // A folder, by its name.
    private static bool MayHaveHeldSources(string path) => Path.GetExtension(path).Length == 0 && !File.Exists(path);

    private void Watch(string folder, string[] names, bool recursive, Func<string, bool>? counts = null)
    {
        var watcher = new FileSystemWatcher(folder)
        {
            IncludeSubdirectories = recursive,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.DirectoryName,
        };
        foreach (var name in names)
        {
            watcher.Filters.Add(name);
        }

        watcher.Changed += (_, change) => Note(folder, change.FullPath, counts);
        watcher.Created += (_, change) => Note(folder, change.FullPath, counts);
        watcher.Deleted += (_, change) => Note(folder, change.FullPath, counts);
        watcher.Renamed += (_, change) => Note(folder, change.FullPath, counts);
        watcher.Error += (_, _) => Note(folder, folder, counts: null);
        watcher.EnableRaisingEvents = true;
        _watchers.Add(watcher);
    }

    // The root itself: too much has changed to be told one by one. What builds write, and what editors put beside a file
    // while it is edited, is no source.
    private void Note(string root, string path, Func<string, bool>? counts)
    {
        var below = Path.GetRelativePath(root, path);
        var parts = below.Split('/');
        var name = path == root ? Path.GetFileName(root) : parts[^1];
        if (parts.Any(s_ignored.Contains) || name.EndsWith('~') || name.EndsWith(".swp", StringComparison.Ordinal)
            || name.EndsWith(".tmp", StringComparison.Ordinal) || name.StartsWith(".#", StringComparison.Ordinal) || (path != root && Directory.Exists(path))
            || (path != root && counts?.Invoke(below) == false && !MayHaveHeldSources(path)))
        {
            return;
        }

        lock (_lock)
        {
            _last = DateTime.UtcNow;
            _name = name;
            _ofProject |= path == root || s_ofProject.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase));
        }

        _noticed?.Invoke();
    }

    // Of the project and of those that it refers to.
    private static HashSet<string> Folders(string project)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        var left = new Queue<string>([project]);
        while (left.TryDequeue(out var file))
        {
            if (File.Exists(file) && folders.Add(Path.GetDirectoryName(file)!))
            {
                foreach (Match match in Reference().Matches(File.ReadAllText(file)))
                {
                    left.Enqueue(Path.GetFullPath(match.Groups[1].Value.Replace('\\', '/'), Path.GetDirectoryName(file)!));
                }
            }
        }

        return folders;
    }

    // Those of the repository; where there is none, those that have such files now.
    private static IEnumerable<string> Above(string folder)
    {
        var parents = new List<string>();
        for (var part = folder; part is not null; part = Path.GetDirectoryName(part))
        {
            parents.Add(part);
            if (Path.Exists(Path.Combine(part, ".git")))
            {
                return parents.Skip(1);
            }
        }

        return parents.Skip(1).Where(parent => s_above.Any(name => File.Exists(Path.Combine(parent, name))));
    }

    private static bool IsWithin(string folder, string whole) =>
        (folder + "/").StartsWith(whole.TrimEnd('/') + "/", StringComparison.Ordinal);

    [GeneratedRegex("<ProjectReference\\s[^>]*Include=\"([^\"]+)\"")]
    private static partial Regex Reference();
}
