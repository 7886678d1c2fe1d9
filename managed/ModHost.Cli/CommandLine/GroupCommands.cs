using System.CommandLine;
using ModHost.Cli.Control;
using ModHost.Cli.Terminal;
using Spectre.Console;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost reload</c>, <c>restart</c>, <c>drain</c>, <c>stop</c>: orders to supervisors.</summary>
internal static class GroupCommands
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(200);

    private static readonly (string Name, string Description, string Done)[] s_commands =
    [
        ("reload", "Replaces the workers of a group one by one; no request fails.", "reloaded"),
        ("restart", "Stops all workers of a group, then starts new ones; requests wait meanwhile.", "restarted"),
        ("drain", "Lets the workers of a group finish what they have, then stops them; new requests get 503.", "drained"),
        ("stop", "Stops the workers of a group at once; requests get 503 until reload or restart.", "stopped"),
    ];

    public static IEnumerable<Command> Define() =>
        s_commands.Select(command => Define(command.Name, command.Description, command.Done));

    public static Argument<string?> Group() => new("group")
    {
        Description = "Name of a process group; default: all of them.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<string?> RunDirectory() => NewOption.Value("--run-directory", "FOLDER",
        $"Where the web server has its run directory; default: {Instance.DefaultRun}, and those of start-server.",
        Values.Folder);

    private static Command Define(string name, string description, string done)
    {
        var group = Group();
        var run = RunDirectory();
        var quick = NewOption.Flag("--no-wait", "Return when it has begun, not when it is done.");
        var command = new Command(name, description) { group, run, quick };
        command.SetAction(result => Run(new Order(name, done, result.GetValue(group), !result.GetValue(quick)),
            Instance.FindAny(result.GetValue(run))));
        return command;
    }

    private static int Run(Order order, IReadOnlyList<Instance> instances)
    {
        var screen = new Screen();
        var meant = instances.Where(instance => order.Group is null || Groups(instance).Any(group => group.Name == order.Group))
            .ToArray();
        if (meant.Length == 0)
        {
            throw CommandException.Wrong($"there is no process group {order.Group}; there are: "
                + string.Join(", ", instances.SelectMany(Groups).Select(group => group.Name).Distinct()));
        }

        var failures = meant.Select(instance => Carry(order, instance, screen)).OfType<string>().ToArray();
        if (failures.Length > 0)
        {
            throw new CommandException(failures[0]);
        }

        screen.Say($"{order.Group ?? "all groups"}: {(order.Wait ? order.Done : $"{order.Name} has begun")}");
        return ExitCode.Success;
    }

    private static string? Carry(Order order, Instance instance, Screen screen)
    {
        using var client = new ControlClient(instance);
        if (!order.Wait || !screen.Colours)
        {
            return client.Order(order.Name, order.Group, order.Wait);
        }

        string? failure = null;
        screen.Ansi.Status().Start(order.Name, status =>
        {
            var work = Task.Run(() => client.Order(order.Name, order.Group, wait: true));
            while (!work.Wait(s_pace))
            {
                status.Status(Markup.Escape($"{order.Name}: {Progress(instance, order.Group)}"));
            }

            failure = work.Result;
        });
        return failure;
    }

    // "shop: 1 of 2 new, 1 draining"
    private static string Progress(Instance instance, string? only)
    {
        try
        {
            return string.Join("; ", Groups(instance).Where(group => only is null || group.Name == only).Select(group =>
            {
                var states = group.Workers.Where(worker => worker.State != "ready").GroupBy(worker => worker.State)
                    .Select(state => $", {state.Count()} {state.Key}");
                var ready = group.Workers.Count(worker => worker.State == "ready" && worker.Version == group.Version);
                return $"{group.Name}: {ready} of {group.Processes} ready{string.Concat(states)}";
            }));
        }
        catch (CommandException)
        {
            return "";
        }
    }

    private static IReadOnlyList<GroupReport> Groups(Instance instance)
    {
        using var client = new ControlClient(instance);
        return StatusReport.Read(client.Status()).Groups;
    }

    private sealed record Order(string Name, string Done, string? Group, bool Wait);
}
