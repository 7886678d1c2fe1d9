using System.CommandLine;
using ModHost.Cli.Control;
using ModHost.Cli.Running;
using ModHost.Cli.Terminal;
using Spectre.Console;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost status</c>.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);

    // Between the two looks that a rate needs.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(300);

    public static Command Define()
    {
        var group = GroupCommands.Group();
        var run = GroupCommands.RunDirectory();
        var watch = NewOption.Flag("--watch", "Go on showing it, every second, until Ctrl-C.");
        var json = NewOption.Flag("--json", "As JSON: what each supervisor answers, with where it is.");
        var command = new Command("status", "Shows process groups and their workers.") { group, run, watch, json };
        command.SetAction(result =>
        {
            var instances = Instance.FindAny(result.GetValue(run));
            return result.GetValue(json) ? Json(instances, result.GetValue(group))
                : Show(instances, result.GetValue(group), result.GetValue(run), result.GetValue(watch));
        });
        return command;
    }

    private static int Json(IReadOnlyList<Instance> instances, string? group)
    {
        var answers = Ask(instances);
        Require(group, answers.Select(one => StatusReport.Read(one.Answer)));
        using var output = Console.OpenStandardOutput();
        StatusDocument.Write(output, answers, group);
        output.WriteByte((byte)'\n');
        return ExitCode.Success;
    }

    private static int Show(IReadOnlyList<Instance> instances, string? group, string? run, bool watch)
    {
        var table = new StatusTable();
        var first = Read(instances);
        Require(group, first.Select(one => one.Report));
        var screen = new Screen();
        table.Make(first, DateTime.UtcNow, group);
        Thread.Sleep(s_moment);
        if (!watch)
        {
            screen.Ansi.Write(table.Make(Read(instances), DateTime.UtcNow, group));
            return ExitCode.Success;
        }

        using var stop = new ManualResetEventSlim();
        using var signals = new StopSignals(stop.Set);
        if (!screen.Colours)
        {
            do
            {
                screen.Ansi.Write(table.Make(Read(Instance.Find(run)), DateTime.UtcNow, group));
            }
            while (!stop.Wait(s_pace));

            return ExitCode.Success;
        }

        screen.Ansi.Live(table.Make(Read(instances), DateTime.UtcNow, group)).Start(live =>
        {
            while (!stop.Wait(s_pace))
            {
                live.UpdateTarget(table.Make(Read(Instance.Find(run)), DateTime.UtcNow, group));
            }
        });
        return ExitCode.Success;
    }

    private static void Require(string? group, IEnumerable<StatusReport> reports)
    {
        var names = reports.SelectMany(report => report.Groups).Select(found => found.Name).ToArray();
        if (group is not null && !names.Contains(group))
        {
            throw CommandException.Wrong($"there is no process group {group}; there are: {string.Join(", ", names)}");
        }
    }

    private static List<(Instance Instance, StatusReport Report)> Read(IReadOnlyList<Instance> instances) =>
        [.. Ask(instances).Select(one => (one.Instance, StatusReport.Read(one.Answer)))];

    // One that ends while it is asked is not there any more.
    private static List<(Instance Instance, string Answer)> Ask(IReadOnlyList<Instance> instances)
    {
        var answers = new List<(Instance, string)>();
        foreach (var instance in instances)
        {
            try
            {
                using var client = new ControlClient(instance);
                answers.Add((instance, client.Status()));
            }
            catch (CommandException) when (instances.Count > 1)
            {
                // The others are.
            }
        }

        return answers;
    }
}
