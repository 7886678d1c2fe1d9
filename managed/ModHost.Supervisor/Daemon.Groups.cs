using System.Text.Json;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;

namespace ModHost.Supervisor;

/// <content>What groups decide, done.</content>
internal sealed partial class Daemon : IGroupEffects
{
    private const int AffinityBytes = 16;
    private const long DefaultMaxRequestBody = 30_000_000;

    Worker? IGroupEffects.Spawn(
        ProcessGroup group, GroupSpec spec, int index, int version, long now, out string error)
    {
        try
        {
            error = "";
            return Spawn(group, spec, index, version, now);
        }
        catch (Exception exception) when (exception is IOException or FormatException or UnauthorizedAccessException
            or ArgumentException)
        {
            error = $"a worker cannot be started: {exception.Message}";
            return null;
        }
    }

    void IGroupEffects.Offer(ProcessGroup group, Worker worker)
    {
        foreach (var shim in _shims.ToArray())
        {
            if (shim.HasJoined)
            {
                MakeChannel(shim, group, worker);
            }
        }
    }

    void IGroupEffects.Withdraw(Worker worker)
    {
        foreach (var shim in _shims.ToArray())
        {
            if (shim.Workers.Contains(worker.Id))
            {
                shim.SendDraining(worker.Id);
            }
        }
    }

    void IGroupEffects.Forget(ProcessGroup group, Worker worker, string why)
    {
        foreach (var shim in _shims.ToArray())
        {
            if (shim.Workers.Contains(worker.Id))
            {
                shim.SendGone(worker.Id, why);
            }
        }

        if (_processes.Remove(worker.Id, out var process))
        {
            foreach (var (key, _) in process.Descriptors.Keyed(worker.Id))
            {
                _keeper.Drop(key);
            }

            process.Dispose();
        }
    }

    void IGroupEffects.Publish(ProcessGroup group)
    {
        foreach (var shim in _shims.ToArray())
        {
            if (shim.HasJoined)
            {
                shim.SendGroup(group.Name, group.Status);
            }
        }

        _status.Touch();
    }

    void IGroupEffects.Changed(ProcessGroup group)
    {
        _changed = true;
        _status.Touch();
    }

    void IGroupEffects.Log(ProcessGroup group, Worker? worker, LogLevel level, string tag, string text)
    {
        if (_groups.TryGetValue(group.Name, out var entry))
        {
            entry.Log.Write(level, worker, tag, text);
        }
        else
        {
            Log(level, tag, $"[{group.Name}] {text}");
        }
    }

    private Worker Spawn(ProcessGroup group, GroupSpec spec, int index, int version, long now)
    {
        var command = WorkerCommand.Of(spec, index);
        var target = _groups[group.Name].Log;
        foreach (var warning in command.Warnings)
        {
            target.Write(LogLevel.Warning, null, Errors.Spawn, warning);
        }

        var id = _nextWorker++;
        var (control, workerEnd) = UnixSocket.Pair();
        var (output, outputEnd) = Pipe.Create();
        var (errors, errorsEnd) = Pipe.Create();
        using var nothing = OpenNothing();
        using (workerEnd)
        using (outputEnd)
        using (errorsEnd)
        {
            var pid = 0;
            try
            {
                pid = ChildProcess.Start(command.Launcher, command.Arguments, command.Environment,
                    [nothing, outputEnd, errorsEnd, workerEnd], session: true);
                var descriptors = new WorkerDescriptors(ChildProcess.Open(pid), control, output, errors);
                return Begin(group, spec, id, index, version, pid, descriptors, command, target, now);
            }
            catch
            {
                ProcessSession.End(pid);
                control.Dispose();
                output.Dispose();
                errors.Dispose();
                throw;
            }
        }
    }

    private Worker Begin(ProcessGroup group, GroupSpec spec, uint id, int index, int version, int pid,
        WorkerDescriptors descriptors, WorkerCommand command, LogTarget target, long now)
    {
        var process = new WorkerProcess(_loop, this, id, pid, descriptors, own: true);
        var life = new WorkerLife(process, WorkerLimits.Of(spec.Options, 0), now);
        var worker = new Worker(id, index, version, spec, life)
        {
            Pid = pid,
            Affinity = RandomText.Hex(AffinityBytes),
        };
        process.Worker = worker;
        process.Group = group;
        process.Log = target;
        process.Greet(_configuration.Generation, Tell(spec, index, command.StateDirectory, target.Level));
        _processes.Add(id, process);
        foreach (var (key, descriptor) in descriptors.Keyed(id))
        {
            _keeper.Store(key, descriptor);
        }

        target.Write(LogLevel.Info, worker, Errors.None, "started");
        return worker;
    }

    private static byte[] Tell(GroupSpec spec, int index, string? stateDirectory, LogLevel level)
    {
        var options = spec.Options;
        var configuration = new WorkerConfiguration
        {
            Name = spec.Group.App.Name,
            Path = spec.Group.App.Path,
            ContentRoot = spec.Group.App.ContentRoot,
            StateDirectory = stateDirectory,
            Addresses = spec.Group.Addresses,
            Group = spec.Name,
            WorkerIndex = index,
            WorkerCount = options.Processes,
            StartupTimeout = options.StartupTimeout,
            ShutdownTimeout = options.ShutdownTimeout,
            DetailedErrors = spec.Group.DetailedErrors,
            MaxRequestBody = spec.Group.MaxRequestBody ?? DefaultMaxRequestBody,
            MaxConcurrency = options.MaxConcurrency,
            MinThreads = options.Threads,
            LogLevel = ErrorLine.ToWorker(level),
            GcHeapLimit = options.GcHeapLimit,
        };
        return JsonSerializer.SerializeToUtf8Bytes(configuration, ConfigurationJson.Default.WorkerConfiguration);
    }

    private static Descriptor OpenNothing()
    {
        using var file = File.OpenHandle("/dev/null", access: FileAccess.Read);
        return Descriptor.Duplicate(file);
    }
}
