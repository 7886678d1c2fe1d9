using System.Globalization;
using System.Text;
using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>
/// A process that outlives the command: when the command is gone without a word, it ends the web server and a build that
/// runs, and removes the state directory. It holds the reading end of a pipe of which the command alone has the other.
/// </summary>
/// <remarks>
/// What the command writes, line by line: the web server's process id; "build " and that of a build, or 0 when it has ended;
/// and "done" at the end.
/// </remarks>
internal sealed class Guard : IDisposable
{
    public const string CommandName = "guard";
    private const string Done = "done";
    private const string Build = "build ";

    // Of orders that the server does not follow.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Descriptor _life;
    private readonly Descriptor _process;

    private Guard(Descriptor life, Descriptor process)
    {
        _life = life;
        _process = process;
    }

    /// <summary>Starts one for a state directory, before there is anything else to be ended.</summary>
    public static Guard Start(string directory)
    {
        var (reader, writer) = Pipe.Create();
        using var input = reader;
        using var nothing = AppendFile.Open("/dev/null");
        reader.SetNonBlocking(false);
        var pid = ChildProcess.Start("/proc/self/exe", [.. Own(), CommandName, directory], Programs.Surroundings(),
            [input, nothing, nothing], session: true);
        return new Guard(writer, ChildProcess.Open(pid));
    }

    /// <summary>From now on there is a web server to be ended.</summary>
    public void Watch(int server) => Tell(server.ToString(CultureInfo.InvariantCulture));

    /// <summary>From now on there is a build to be ended; 0: it has ended.</summary>
    public void WatchBuild(int build) => Tell(string.Create(CultureInfo.InvariantCulture, $"{Build}{build}"));

    /// <summary>All is ended and removed.</summary>
    public void Dispose()
    {
        Tell(Done);
        _life.Dispose();
        while (ChildProcess.Wait(_process) is null)
        {
            Thread.Sleep(1);
        }

        _process.Dispose();
    }

    /// <summary>What the process itself does.</summary>
    public static int Run(string directory)
    {
        var (server, build) = (0, 0);
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.ASCII);
        while (input.ReadLine() is { } line)
        {
            if (line == Done)
            {
                return ExitCode.Success;
            }

            if (line.StartsWith(Build, StringComparison.Ordinal))
            {
                build = int.Parse(line.AsSpan(Build.Length), CultureInfo.InvariantCulture);
            }
            else
            {
                server = int.Parse(line, CultureInfo.InvariantCulture);
            }
        }

        End(build, WebServer.Interrupt);
        End(server, WebServer.Terminate);

        StateDirectory.Remove(directory);
        return ExitCode.Success;
    }

    // It was the command's child and is init's now: its number could be somebody else's only after it ended.
    private static void End(int root, int signal)
    {
        if (root <= 1)
        {
            return;
        }

        var tree = new ProcessTree();
        tree.Add(root);
        Signal(root, signal, tree);
        for (var began = DateTime.UtcNow; tree.Alive.Count > 0 && DateTime.UtcNow - began < s_patience;)
        {
            Thread.Sleep(50);
            tree.Add(root);
        }

        tree.Kill();
    }

    private static void Signal(int pid, int signal, ProcessTree tree)
    {
        try
        {
            using var process = ChildProcess.Open(pid);
            if (tree.Alive.Contains(pid))
            {
                ChildProcess.Signal(process, signal);
            }
        }
        catch (PosixException)
        {
            // It has ended.
        }
    }

    private void Tell(string line)
    {
        // Without its guard a command goes on: there is nobody left to be told.
        _ = AppendFile.Write(_life, Encoding.ASCII.GetBytes(line + "\n"), regular: true);
    }

    private static string[] Own()
    {
        // Where the dotnet host runs this assembly, the program is the host and wants to be told which.
        var host = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.Name == "dotnet";
        return host ? ["dotnet", Environment.GetCommandLineArgs()[0]] : ["modhost"];
    }
}
