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

    private static bool TakeOver(Instance instance)
    {
        try
        {
            var old = Pid(instance);
            // One that does not know how to make way stays; its workers are new all the same.
            if (Order(instance, "replace") is null)
            {
                WaitForAnother(instance, old);
            }

            return Order(instance, "reload") is null;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"modhost: {instance.Name}: {exception.Message}");
            return false;
        }
    }

    private static void WaitForAnother(Instance instance, int old)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (Pid(instance) != old)
                {
                    return;
                }
            }
            catch (CommandException) when (watch.Elapsed < s_patience)
            {
                // Between the two.
            }

            if (watch.Elapsed >= s_patience)
            {
                throw new CommandException("no other supervisor has come");
            }

            Thread.Sleep(s_pace);
        }
    }

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
