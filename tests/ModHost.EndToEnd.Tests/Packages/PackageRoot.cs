using ModHost.IntegrationTests.Hosting;

namespace ModHost.EndToEnd.Tests.Packages;

/// <summary>
/// This machine once more: its files, copied when they are written to, with processes, network and mounts of its own.
/// All of it goes with its first process.
/// </summary>
internal sealed class PackageRoot : IAsyncDisposable
{
    // A first process that waits for the children of others, as an init does.
    private const string Script = """
        set -e
        mount -t tmpfs -o size=2g tmpfs "$1"
        mkdir "$1/upper" "$1/work" "$1/root"
        mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
        root=$1/root
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/run"
        mount -t tmpfs tmpfs "$root/tmp"
        chmod 1777 "$root/tmp"
        mkdir -m 1777 "$root/run/lock"
        ip link set lo up
        rm -f "$root/usr/sbin/policy-rc.d"
        shift
        while [ $# -gt 0 ]; do
            mkdir -p "$root/$2"
            cp -R "$1/." "$root/$2"
            chmod -R a+rX "$root/$2"
            shift 2
        done
        mkfifo "$root/run/wait"
        echo ready
        exec chroot "$root" bash -c 'exec 9<>/run/wait; while :; do read -r -t 1 -u 9 || :; done'
        """;

    private readonly Child _holder;
    private readonly string _folder;
    private readonly int _first;

    private PackageRoot(Child holder, string folder, int first)
    {
        _holder = holder;
        _folder = folder;
        _first = first;
    }

    /// <summary>Whether this machine and user can have one: root, and a kernel that lets it.</summary>
    public static async Task<bool> IsPossible() => Environment.UserName == "root"
        && (await Child.TryRun("/usr/bin/unshare", ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
            "sh", "-c", "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && "
                + "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/r"])).Code == 0;

    /// <param name="copies">Folders of this machine, and where they are to be.</param>
    public static async Task<PackageRoot> Start(params (string From, string To)[] copies)
    {
        var folder = Directory.CreateTempSubdirectory("modhost-root-").FullName;
        var holder = Child.Start("/usr/bin/unshare", ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
            "--kill-child=KILL", "bash", "-c", Script, "-", folder, .. copies.SelectMany(copy => (string[])[copy.From, copy.To])]);
        try
        {
            await Wait.Until("the root is there", () => holder.Output.Contains("ready", StringComparison.Ordinal)
                || (holder.HasExited ? throw new InvalidOperationException(holder.Output) : false));
            return new PackageRoot(holder, folder, ProcFs.Children(holder.Id).Single().Id);
        }
        catch
        {
            await holder.DisposeAsync();
            Directory.Delete(folder);
            throw;
        }
    }

    /// <summary>A command line of a shell's, to its end; throws with its output when it fails.</summary>
    public Task<string> Run(string line) => Child.Run("/usr/bin/nsenter", Arguments(line), limit: TimeSpan.FromMinutes(5));

    public Task<(int Code, string Output)> TryRun(string line) =>
        Child.TryRun("/usr/bin/nsenter", Arguments(line), limit: TimeSpan.FromMinutes(5));

    /// <summary>The same, beside the test.</summary>
    public Child Begin(string line) => Child.Start("/usr/bin/nsenter", Arguments(line));

    /// <summary>Files that are not this machine's: made or changed since the start. Logs and caches don't count.</summary>
    public async Task<IReadOnlySet<string>> Changed()
    {
        var upper = Path.Combine(_folder, "upper");
        var text = await Child.Run("/usr/bin/nsenter", ["--target", $"{_holder.Id}", "--mount", "find", upper, "-type", "f,l"]);
        string[] passing = ["/var/log/", "/var/cache/", "/var/lib/dpkg/", "/var/lib/systemd/", "/root/", "/etc/ld.so.cache"];
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(path => path[upper.Length..])
            .Where(path => !passing.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal))).ToHashSet();
    }

    public async ValueTask DisposeAsync()
    {
        Signal.TrySend(_first, Signal.Kill);
        await _holder.DisposeAsync();
        Directory.Delete(_folder);
    }

    private string[] Arguments(string line) =>
    [
        "--target", $"{_first}", "--mount", "--pid", "--net", "--uts", "--ipc", $"--root=/proc/{_first}/root",
        "env", "-i", "--chdir=/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
        "DEBIAN_FRONTEND=noninteractive", "bash", "-c", line,
    ];
}
