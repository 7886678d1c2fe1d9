using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;

namespace ModHost.Supervisor;

/// <content>What happens to worker processes, told to their groups.</content>
internal sealed partial class Daemon : IWorkerObserver
{
    // How long the watchdog's word on how a process ended is waited for.
    private const long ExitPatience = 250;
    private const int MostExits = 256;

    private readonly Dictionary<int, ChildExit> _exits = [];
    private readonly Dictionary<WorkerProcess, long> _ends = [];

    void IWorkerObserver.Greeted(WorkerProcess process) => process.Group.Greeted(process.Worker, EventLoop.Now);

    void IWorkerObserver.State(WorkerProcess process, AppState state, uint code, string text)
    {
        var now = EventLoop.Now;
        switch (state)
        {
            case AppState.Ready:
                process.Group.AppReady(process.Worker, now);
                break;
            case AppState.Failed:
                process.Group.AppFailed(process.Worker, code, text, now);
                break;
            case AppState.Stopping or AppState.Stopped:
                process.Group.AppStopped(process.Worker, now);
                break;
            default:
                break;
        }
    }

    void IWorkerObserver.Alive(WorkerProcess process, uint beat, WorkerLoad load)
    {
        var now = EventLoop.Now;
        process.Group.Alive(process.Worker, beat, load, now);
        _oom.Look(now);
        _status.Touch();
    }

    void IWorkerObserver.Warmed(WorkerProcess process, uint status) =>
        process.Group.Warmed(process.Worker, status, EventLoop.Now);

    void IWorkerObserver.Line(WorkerProcess process, LogLevel level, string category, string text) =>
        process.Log.Pass(level, process.Worker, category, text);

    void IWorkerObserver.Settled() => SaveIfChanged();

    void IWorkerObserver.Lost(WorkerProcess process, string? reason)
    {
        if (reason is null)
        {
            process.Group.Lost(process.Worker, EventLoop.Now);
            return;
        }

        process.Log.Write(LogLevel.Error, process.Worker, Errors.Control, $"the control connection broke: {reason}");
        process.Group.Broke(process.Worker, EventLoop.Now);
    }

    void IWorkerObserver.Ended(WorkerProcess process, ChildExit? exit)
    {
        if (exit is null && _exits.Remove(process.Pid, out var told))
        {
            exit = told;
        }

        if (exit is null && _watchdog is { IsConnected: true })
        {
            _ends[process] = EventLoop.Now + ExitPatience;
            return;
        }

        End(process, exit);
    }

    private void End(WorkerProcess process, ChildExit? exit)
    {
        _ends.Remove(process);
        DiagnosticFiles.Remove(process.Pid, WorkerEnvironment.TemporaryFolder(process.Worker.Spec));
        var how = ExitReason.Describe(exit, process.Killed, _oom);
        process.Group.Exited(process.Worker, how, process.LastWords, EventLoop.Now);
    }

    // The watchdog has told how a process ended that an earlier supervisor had started.
    private void TakeExit(int pid, ChildExit exit)
    {
        foreach (var process in _ends.Keys)
        {
            if (process.Pid == pid)
            {
                End(process, exit);
                return;
            }
        }

        // Mostly of processes that workers had started: nobody will ask.
        if (_exits.Count >= MostExits)
        {
            _exits.Clear();
        }

        _exits[pid] = exit;
    }

    private long StepEnds(long now)
    {
        var due = long.MaxValue;
        foreach (var (process, deadline) in _ends.ToArray())
        {
            if (now >= deadline)
            {
                End(process, null);
            }
            else
            {
                due = Math.Min(due, deadline);
            }
        }

        return due;
    }
}
