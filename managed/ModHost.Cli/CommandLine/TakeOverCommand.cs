using System.CommandLine;
using System.Diagnostics;
using ModHost.Cli.Control;

namespace ModHost.Cli.CommandLine;

/// <summary>
/// Not for people: an upgraded package lets supervisors and workers of the new version take over from the old ones.
/// </summary>
internal static class TakeOverCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(50);

    public static Command Define()
    {
        var run = GroupCommands.RunDirectory();
        var command = new Command("take-over", "Replaces supervisors, then all workers, by those that are installed.") { run };
        command.Hidden = true;
        command.SetAction(result =>
        {
            var failed = Instance.Find(result.GetValue(run)).Count(instance => !TakeOver(instance));
            return failed == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    // One that does not know how to make way stays, and so does one whose successor does not come in time: workers are
    // made of what is installed all the same.
    private static bool TakeOver(Instance instance)
    {
        try
        {
            var old = Pid(instance);
            var isReplaced = Order(instance, "replace") is not null
                || Patiently(instance, () => Pid(instance) != old ? null : "no other supervisor has come");
            return Patiently(instance, () => Order(instance, "reload")) && isReplaced;
        }
        catch (CommandException exception)
        {
            Tell(instance, exception.Message);
            return false;
        }
    }

    // Between two supervisors there is nobody to answer.
    private static bool Patiently(Instance instance, Func<string?> problem)
    {
        var last = "";
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < s_patience; Thread.Sleep(s_pace))
        {
            try
            {
                if (problem() is not { } reason)
                {
                    return true;
                }

                last = reason;
            }
            catch (CommandException exception)
            {
                last = exception.Message;
            }
        }

        Tell(instance, last);
        return false;
    }

    private static void Tell(Instance instance, string text) => Console.Error.WriteLine($"modhost: {instance.Name}: {text}");

    private static int Pid(Instance instance)
    {
        using var client = new ControlClient(instance);
        return StatusReport.Read(client.Status()).Pid;
    }

    private static string? Order(Instance instance, string name)
    {
        using var client = new ControlClient(instance);
        return client.Order(name, null, wait: false);
    }
}
