using System.Text.Json;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Status;

namespace ModHost.Supervisor.Commands;

/// <summary>Carries out commands.</summary>
internal sealed class CommandRunner
{
    private const string Status = "status";

    private readonly Daemon _daemon;
    private readonly Dictionary<string, Action<Command, Action<byte[]>>> _commands;

    public CommandRunner(Daemon daemon)
    {
        _daemon = daemon;
        _commands = new(StringComparer.Ordinal)
        {
            [Status] = (_, answer) => answer(StatusJson.Whole(daemon)),
            ["configure"] = Configure,
            ["reload"] = (command, answer) => EachGroup(command, answer,
                group => group.Reload(null, "reload was asked for", EventLoop.Now)),
            ["restart"] = (command, answer) => EachGroup(command, answer, group => group.Restart(EventLoop.Now)),
            ["drain"] = (command, answer) => EachGroup(command, answer,
                group => group.Halt(EndCause.Command, drain: true, EventLoop.Now)),
            ["stop"] = (command, answer) => EachGroup(command, answer,
                group => group.Halt(EndCause.Command, drain: false, EventLoop.Now)),
            ["log-level"] = SetLogLevel,
            ["shutdown"] = Shutdown,
        };
    }

    /// <param name="line">Of JSON.</param>
    /// <param name="mayChange">Whoever asks may do more than look.</param>
    /// <param name="answer">Called once, now or later.</param>
    public void Run(string line, bool mayChange, Action<byte[]> answer)
    {
        var answered = false;
        void AnswerOnce(byte[] text)
        {
            if (!answered)
            {
                answered = true;
                answer(text);
            }
        }

        try
        {
            var command = JsonSerializer.Deserialize(line, CommandJson.Default.Command);
            if (command?.Name is not { } name || !_commands.TryGetValue(name, out var run))
            {
                AnswerOnce(Failed("there is no such command"));
                return;
            }

            if (!mayChange && name != Status)
            {
                AnswerOnce(Failed($"{name} is for root and the user of the web server's master"));
                return;
            }

            run(command, AnswerOnce);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            AnswerOnce(Failed(exception.Message));
        }
        catch (Exception exception)
        {
            // A fault, but of one command: the workers and everybody else have no part in it.
            _daemon.Logs.Write(LogLevel.Error, Errors.Internal, $"a command failed: {exception}");
            AnswerOnce(Failed($"the supervisor failed at it: {exception.Message}"));
        }
    }

    private void Configure(Command command, Action<byte[]> answer)
    {
        Refuse();
        _daemon.Configure(command.Generation);
        answer(Done(null));
    }

    private void EachGroup(Command command, Action<byte[]> answer, Action<ProcessGroup> act)
    {
        Refuse();
        var groups = Groups(command);
        if (!command.Wait || groups.Length == 0)
        {
            Array.ForEach(groups, group => act(group));
            answer(Done(null));
            return;
        }

        var left = groups.Length;
        string? failure = null;
        foreach (var group in groups)
        {
            act(group);
            group.WhenSettled(error =>
            {
                failure ??= error;
                if (--left == 0)
                {
                    answer(Done(failure));
                }
            });
        }
    }

    private void SetLogLevel(Command command, Action<byte[]> answer)
    {
        if (command.Level is null || ErrorLine.Name(ErrorLine.Level(command.Level)) != command.Level)
        {
            throw new FormatException("level is none of emerg, alert, crit, error, warn, notice, info, debug");
        }

        GroupEntry? group = null;
        if (command.Group is { } name && !_daemon.Groups.TryGetValue(name, out group))
        {
            throw new FormatException($"there is no group {name}");
        }

        _daemon.SetLogLevel(ErrorLine.Level(command.Level), group);
        answer(Done(null));
    }

    private void Shutdown(Command command, Action<byte[]> answer)
    {
        if (command.Wait)
        {
            _daemon.WhenStopped(() => answer(Done(null)));
        }
        else
        {
            answer(Done(null));
        }

        _daemon.Stop();
    }

    private ProcessGroup[] Groups(Command command)
    {
        if (command.Group is null)
        {
            return [.. _daemon.Groups.Values.Select(entry => entry.Group)];
        }

        return _daemon.Groups.TryGetValue(command.Group, out var entry)
            ? [entry.Group] : throw new FormatException($"there is no group {command.Group}");
    }

    private void Refuse()
    {
        if (_daemon.IsStopping)
        {
            throw new FormatException("the supervisor is stopping");
        }
    }

    private static byte[] Failed(string why) => Done(why);

    private static byte[] Done(string? error) => JsonSerializer.SerializeToUtf8Bytes(new CommandResult
    {
        Ok = error is null,
        Error = error is null ? null : Logs.Tagged(Errors.Command, error),
    }, CommandJson.Default.CommandResult);
}
