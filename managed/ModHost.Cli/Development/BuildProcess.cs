using ModHost.Cli.Running;
using ModHost.Cli.Terminal;
using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Development;

/// <summary>Builds, one after the other, each in a session of its own: what one has started ends with it where it is to end.</summary>
internal sealed class BuildProcess(Guard guard)
{
    private const int Process = 0;
    private const int Output = 1;
    private const int Pace = 100;

    // For an end in peace: outputs that were half written would be taken for good ones by the next build.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private volatile bool _stopped;

    /// <summary>There is to be none any more.</summary>
    public bool IsStopped => _stopped;

    /// <summary>Ends the one that runs, and begins no other. Any thread.</summary>
    public void Stop() => _stopped = true;

    /// <summary>All that it prints, and how it ends.</summary>
    public (int Code, string Text) Run(string program, IReadOnlyList<string> arguments)
    {
        if (_stopped)
        {
            return (-1, "");
        }

        var (reader, writer) = Pipe.Create();
        using var output = reader;
        var id = Start(program, arguments, writer);
        guard.WatchBuild(id);
        try
        {
            using var process = ChildProcess.Open(id);
            var lines = new List<string>();
            var exit = Follow(process, id, new LineReader(output), lines);
            return (exit.Signalled ? -exit.Code : exit.Code, string.Join('\n', lines));
        }
        finally
        {
            guard.WatchBuild(0);
        }
    }

    private static int Start(string program, IReadOnlyList<string> arguments, Descriptor output)
    {
        // There is nothing to be read.
        var (input, none) = Pipe.Create();
        none.Dispose();
        input.SetNonBlocking(false);
        using (input)
        using (output)
        {
            try
            {
                return ChildProcess.Start(program, [Path.GetFileName(program), .. arguments], Programs.Surroundings(),
                    [input, output, output], session: true);
            }
            catch (PosixException exception)
            {
                throw new CommandException($"{program} cannot be run: {exception.Message}");
            }
        }
    }

    private ChildExit Follow(Descriptor process, int id, LineReader output, List<string> lines)
    {
        using var epoll = new Epoll();
        epoll.Add(process, Process, Readiness.Read);
        epoll.Add(output.Pipe, Output, Readiness.Read);
        Span<ReadyEvent> ready = stackalloc ReadyEvent[2];
        for (DateTime? limit = null; ;)
        {
            var count = epoll.Wait(ready, Pace);
            foreach (var one in ready[..count])
            {
                if (one.Token == Process)
                {
                    return End(process, id, output, lines);
                }

                if (!output.Read(lines.Add))
                {
                    epoll.Remove(output.Pipe);
                }
            }

            limit = Interrupt(process, id, limit);
        }
    }

    // All that it has printed is in the pipe, whoever else may hold its other end.
    private ChildExit End(Descriptor process, int id, LineReader output, List<string> lines)
    {
        output.Read(lines.Add);
        if (_stopped)
        {
            // Not waited for yet, so the number is still its own.
            ProcessSession.End(id);
        }

        return ChildProcess.Wait(process)!.Value;
    }

    // When it has to be over, if it is to end.
    private DateTime? Interrupt(Descriptor process, int id, DateTime? limit)
    {
        if (_stopped && limit is null)
        {
            ChildProcess.Signal(process, WebServer.Interrupt);
            return DateTime.UtcNow + s_patience;
        }

        if (DateTime.UtcNow > limit)
        {
            ProcessSession.End(id);
        }

        return limit;
    }
}
