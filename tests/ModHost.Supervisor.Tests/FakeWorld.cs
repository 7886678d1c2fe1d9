using ModHost.Protocol;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;

namespace ModHost.Supervisor.Tests;

/// <summary>A world without processes, with a clock that only a test moves, around one group.</summary>
internal sealed class FakeWorld : IGroupEffects
{
    private readonly Dictionary<Worker, FakeProcess> _processes = [];
    private uint _next = 1;

    public FakeWorld(params (string Name, string Text)[] options) => Group = new ProcessGroup(Specs.Of(options), this);

    public ProcessGroup Group { get; }

    public long Now { get; private set; } = 1000;

    public long Due { get; private set; }

    public List<string> Events { get; } = [];

    public List<string> Lines { get; } = [];

    /// <summary>The next processes cannot be started.</summary>
    public string? SpawnError { get; set; }

    /// <summary>What the next processes have from their beginning.</summary>
    public long Resident { get; set; }

    public IEnumerable<Worker> Live => Group.Workers.Where(worker => worker.Life.IsLive);

    public Worker[] Ready => [.. Group.Workers.Where(worker => worker.State == WorkerState.Ready)];

    public Worker[] Starting => [.. Group.Workers.Where(worker => worker.State < WorkerState.Ready)];

    public Worker[] Draining => [.. Group.Workers.Where(worker => worker.State == WorkerState.Draining)];

    public FakeProcess Process(Worker worker) => _processes[worker];

    public void Step() => Due = Group.Step(Now);

    /// <summary>Lets time pass; the group is called whenever it asked to be, and workers answer.</summary>
    public void Pass(long milliseconds, bool answer = true)
    {
        var end = Now + milliseconds;
        Step();
        while (Now < end)
        {
            Now = Math.Min(end, Math.Max(Now + 1, Math.Min(Due, Now + 50)));
            Step();
            if (answer)
            {
                Answer();
            }
        }
    }

    /// <summary>All that are on the way become ready.</summary>
    public void Start()
    {
        Step();
        foreach (var worker in Starting)
        {
            BecomeReady(worker);
        }

        Step();
    }

    public void BecomeReady(Worker worker)
    {
        Group.Greeted(worker, Now);
        Group.AppReady(worker, Now);
        Step();
    }

    public void Load(Worker worker, WorkerLoad load)
    {
        Group.Alive(worker, Process(worker).Beat, load, Now);
        Step();
    }

    /// <summary>The process ends; what was draining or stopping ends well.</summary>
    public void End(Worker worker, string how = "exited with code 0")
    {
        Group.Exited(worker, how, "", Now);
        Step();
    }

    public void Fail(Worker worker)
    {
        Group.AppFailed(worker, 501, "no database", Now);
        End(worker, "exited with code 1");
    }

    Worker? IGroupEffects.Spawn(ProcessGroup group, GroupSpec spec, int index, int version, long now, out string error)
    {
        error = SpawnError ?? "";
        if (SpawnError is not null)
        {
            return null;
        }

        var process = new FakeProcess { Resident = Resident };
        var worker = new Worker(_next++, index, version, spec,
            new WorkerLife(process, WorkerLimits.Of(spec.Options, 0), now))
        {
            Pid = (int)_next + 100,
        };
        _processes.Add(worker, process);
        Events.Add($"spawn {worker.Id}");
        return worker;
    }

    void IGroupEffects.Offer(ProcessGroup group, Worker worker) => Events.Add($"offer {worker.Id}");

    void IGroupEffects.Withdraw(Worker worker) => Events.Add($"withdraw {worker.Id}");

    void IGroupEffects.Forget(ProcessGroup group, Worker worker, string why) => Events.Add($"gone {worker.Id}");

    void IGroupEffects.Publish(ProcessGroup group) => Events.Add($"state {group.Status.State}");

    void IGroupEffects.Changed(ProcessGroup group)
    {
    }

    void IGroupEffects.Log(ProcessGroup group, Worker? worker, LogLevel level, string tag, string text) =>
        Lines.Add($"{tag} {text}".Trim());

    private void Answer()
    {
        foreach (var worker in Group.Workers.ToArray())
        {
            var process = Process(worker);
            var done = process.Take();
            if (done.Contains("beat") && worker.State is WorkerState.Ready or WorkerState.Draining)
            {
                Group.Alive(worker, process.Beat, worker.Life.Load, Now);
            }

            if (worker.State == WorkerState.Stopping && done.Any(one => one.StartsWith("stop", StringComparison.Ordinal) || one == "kill"))
            {
                End(worker);
            }
        }

        Step();
    }
}
