using System.CommandLine;
using ModHost.Cli.Control;
using ModHost.Cli.Running;
using ModHost.Cli.Terminal;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost logs</c>.</summary>
internal static class LogsCommand
{
    private const int DefaultLines = 20;
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(200);

    public static Command Define()
    {
        var group = GroupCommands.Group();
        var run = GroupCommands.RunDirectory();
        var follow = NewOption.Flag("--follow", "Go on with what comes, until Ctrl-C.");
        var lines = NewOption.Number("--lines", "N", $"How many of those that are there; default: {DefaultLines}.",
            Values.Count);
        var command = new Command("logs", "Shows what process groups and their applications log.")
        {
            group, run, follow, lines,
        };
        command.SetAction(result => Run(Tails(Instance.FindAny(result.GetValue(run)), result.GetValue(group)),
            result.GetValue(lines) ?? DefaultLines, result.GetValue(follow)));
        return command;
    }

    private static int Run(IReadOnlyList<LogTail> tails, int lines, bool follow)
    {
        var screen = new Screen();
        var painter = new LogPainter();
        using var stop = new ManualResetEventSlim();
        using var signals = follow ? new StopSignals(stop.Set) : null;
        Show(tails.SelectMany(tail => tail.Last(lines)));
        while (follow && !stop.Wait(s_pace))
        {
            Show(tails.SelectMany(tail => tail.New()));
        }

        return ExitCode.Success;

        void Show(IEnumerable<string> found)
        {
            foreach (var line in found)
            {
                screen.Write(screen.Colours ? painter.Error(line) : line);
            }
        }
    }

    private static List<LogTail> Tails(IReadOnlyList<Instance> instances, string? wanted)
    {
        var tails = new Dictionary<string, LogTail>(StringComparer.Ordinal);
        var groups = instances.Select(instance => instance.Configuration())
            .SelectMany(server => server.Groups.Select(group => (Server: server, Group: group))).ToArray();
        foreach (var (server, group) in groups.Where(one => wanted is null || one.Group.Name == wanted))
        {
            var log = group.Options.GetValueOrDefault("log");
            var path = log ?? (group.ErrorLog.Length > 0 ? group.ErrorLog : server.ErrorLog);
            if (path == "stderr")
            {
                throw new CommandException($"lines of {group.Name} go to the terminal of who started the web server");
            }

            tails.TryAdd(path, new LogTail(path, wanted, own: log is not null));
        }

        return tails.Count > 0 ? [.. tails.Values] : throw CommandException.Wrong(wanted is null
            ? "there are no process groups" : $"there is no process group {wanted}; there are: "
                + string.Join(", ", groups.Select(one => one.Group.Name).Distinct()));
    }
}
