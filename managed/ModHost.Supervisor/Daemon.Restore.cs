using System.Globalization;
using System.Text.Json;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor;

/// <content>What outlives a supervisor: saved, and taken over by the next one.</content>
internal sealed partial class Daemon
{
    // So many ids are one supervisor's own if all state is lost: workers of before may still be known to shims.
    private const int IdsPerSecond = 256;

    // Also where a worker's end has no limit of its own: the web server's master waits no longer either.
    private const long LeastEndLimit = 60_000;
    private const long LongestEndLimit = 86_400_000;
    private const long EndMargin = 5_000;

    private void SaveIfChanged()
    {
        if (!_changed)
        {
            return;
        }

        _changed = false;
        if (_watchdog is not null)
        {
            _watchdog.LimitEnd(EndLimit());
            _keeper.Save(JsonSerializer.SerializeToUtf8Bytes(State(), SavedStateJson.Default.SavedState));
        }
    }

    // Beyond the longest shutdown-timeout, what it takes to kill a worker and to see that it is gone.
    private uint EndLimit()
    {
        var limits = _groups.Values.Select(entry => entry.Group.Configured.Options.ShutdownTimeout).Concat(
            _groups.Values.SelectMany(entry => entry.Group.Workers).Select(worker => worker.Life.Limits.ShutdownTimeout));
        return (uint)Math.Clamp(limits.DefaultIfEmpty().Max() + EndMargin, LeastEndLimit, LongestEndLimit);
    }

    private SavedState State() => new()
    {
        Generation = _configuration.Generation,
        NextWorker = _nextWorker,
        Groups =
        [
            .. _groups.Values.Select(entry => new SavedGroup
            {
                Name = entry.Group.Name,
                Version = entry.Group.Version,
                Halted = entry.Group.Halted,
                Restarting = entry.Group.Restarting,
                Rolling = entry.Group.IsRolling,
                LastGeneration = entry.Generation,
            }),
        ],
        Workers = [.. _groups.Values.SelectMany(entry => entry.Group.Workers).Select(Saved)],
    };

    private static SavedWorker Saved(Worker worker) => new()
    {
        Id = worker.Id,
        Group = worker.Spec.Name,
        Index = worker.Index,
        Pid = worker.Pid,
        Version = worker.Version,
        Fingerprint = worker.Spec.Fingerprint,
        Affinity = worker.Affinity,
        State = worker.State,
        Since = worker.Life.Since,
        Spawned = worker.Life.Spawned,
        ReadyAt = worker.Life.ReadyAt,
        Cause = worker.Life.Cause,
    };

    /// <summary>Takes over what an earlier supervisor left, if there was one.</summary>
    private void Restore(WatchdogLink watchdog, long now)
    {
        var state = ReadState(watchdog.KeptState);
        var fresh = (uint)(DateTimeOffset.UtcNow.ToUnixTimeSeconds() * IdsPerSecond) | 1;
        _nextWorker = state?.NextWorker ?? fresh;
        if (state is not null)
        {
            foreach (var saved in state.Groups)
            {
                RestoreGroup(saved);
            }

            var adopted = state.Workers.Count(saved => Adopt(saved, watchdog, now));
            RollStale(state, now);
            Log(LogLevel.Notice, Errors.Adopted, string.Create(CultureInfo.InvariantCulture,
                $"the supervisor was started again; {adopted} workers go on"));
        }

        // Of workers that were being started, or that had ended: without its connection a worker ends.
        var left = watchdog.Kept.Keys.Where(key => key.StartsWith("worker:", StringComparison.Ordinal));
        foreach (var key in left.ToArray())
        {
            watchdog.Discard(key);
        }

        if (state?.Groups.Any(saved => saved.Halted == EndCause.Shutdown) == true)
        {
            Stop();
        }
    }

    private static SavedState? ReadState(byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? null : JsonSerializer.Deserialize(bytes, SavedStateJson.Default.SavedState);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void RestoreGroup(SavedGroup saved)
    {
        if (!_groups.TryGetValue(saved.Name, out var entry))
        {
            if (RemovedSpec(saved) is not { } spec)
            {
                return;
            }

            entry = AddGroup(spec);
            entry.Generation = saved.LastGeneration;
            entry.Group.Removed = true;
        }

        entry.Group.Restore(saved.Version, saved.Halted, saved.Restarting);
    }

    // Of a group that is in no configuration any more, but still serves web-server processes of an older one.
    private GroupSpec? RemovedSpec(SavedGroup saved)
    {
        try
        {
            var configuration = ConfigurationFile.Read(
                ConfigurationFile.PathOf(_place.Directory, saved.LastGeneration));
            var group = configuration.Groups.FirstOrDefault(group => group.Name == saved.Name);
            return group is null ? null : GroupSpec.Of(configuration, group);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private bool Adopt(SavedWorker saved, WatchdogLink watchdog, long now)
    {
        var keys = new[] { WorkerDescriptors.ProcessKey, WorkerDescriptors.ControlKey, WorkerDescriptors.OutputKey,
            WorkerDescriptors.ErrorsKey }.Select(what => WorkerDescriptors.Key(saved.Id, what)).ToArray();
        if (!_groups.TryGetValue(saved.Group, out var entry) || !keys.All(watchdog.Kept.ContainsKey))
        {
            return false;
        }

        var found = keys.Select(key =>
        {
            watchdog.Kept.Remove(key, out var descriptor);
            watchdog.Retain(key, descriptor!);
            return descriptor!;
        }).ToArray();
        var descriptors = new WorkerDescriptors(found[0], found[1], found[2], found[3]);
        var process = new WorkerProcess(_loop, this, saved.Id, saved.Pid, descriptors, own: false);
        var spec = entry.Group.Spec;
        var life = WorkerLife.Resume(process, WorkerLimits.Of(spec.Options, 0), saved, now);
        var worker = new Worker(saved.Id, saved.Index, saved.Version, spec, life)
        {
            Pid = saved.Pid,
            Affinity = saved.Affinity,
            Offered = saved.State == WorkerState.Ready,
        };
        process.Worker = worker;
        process.Group = entry.Group;
        process.Log = entry.Log;
        _processes.Add(saved.Id, process);
        entry.Group.Adopt(worker, now);
        process.Greet(_configuration.Generation);
        return true;
    }

    // A rolling restart that was under way goes on; so does one that the old supervisor had no time to begin.
    private void RollStale(SavedState state, long now)
    {
        foreach (var entry in _groups.Values)
        {
            var group = entry.Group;
            var rolling = state.Groups.Any(saved => saved.Name == group.Name && saved.Rolling);
            var stale = state.Workers.Any(saved => saved.Group == group.Name && saved.State <= WorkerState.Ready
                && (saved.Fingerprint != group.Fingerprint || (rolling && saved.Version < group.Version)));
            if (stale && !group.Removed && group.Halted == EndCause.None)
            {
                group.Reload(group.Spec, "a rolling restart goes on", now);
            }
        }
    }
}
