using System.Globalization;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Processes;
using ModHost.Supervisor.Watchdog;

namespace ModHost.Supervisor;

/// <content>Configurations, and what a new one changes.</content>
internal sealed partial class Daemon
{
    /// <summary>Takes over a generation of the configuration, all of it or nothing.</summary>
    /// <param name="generation">Null: that of the one file of a supervisor that runs alone.</param>
    /// <exception cref="FormatException">It is not good; what was there before goes on.</exception>
    public void Configure(uint? generation)
    {
        var next = ReadConfiguration(generation);
        if (_place.ConfigurationFile is not null)
        {
            next = next with { Generation = _configuration.Generation + 1 };
        }
        else if (next.Generation < _configuration.Generation)
        {
            throw new FormatException("it is older than the present one");
        }

        Apply(next, EventLoop.Now);
        RemoveOldGenerations();
    }

    // What the supervisor before has refused is no reason to leave its workers alone: what it had goes on.
    private void ApplyNewest(WatchdogLink watchdog)
    {
        try
        {
            Apply(ReadConfiguration(null), EventLoop.Now);
        }
        catch (FormatException exception) when (ReadState(watchdog.KeptState) is { } state)
        {
            Apply(ReadConfiguration(state.Generation), EventLoop.Now);
            Log(LogLevel.Error, Errors.Configuration, exception.Message);
        }
    }

    private SupervisorConfiguration ReadConfiguration(uint? generation)
    {
        var path = _place.ConfigurationFile ?? ConfigurationFile.PathOf(_place.Directory,
            generation ?? ConfigurationFile.Highest(_place.Directory));
        var configuration = ConfigurationFile.Read(path);
        if (generation is { } wanted && _place.ConfigurationFile is null && configuration.Generation != wanted)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"{path}: it is generation {configuration.Generation}"));
        }

        return configuration;
    }

    private void Apply(SupervisorConfiguration next, long now)
    {
        // A group that was taken out and comes again is compared as any other.
        var known = _groups.ToDictionary(entry => entry.Key, entry => entry.Value.Group.Fingerprint);
        var change = ConfigurationChange.Between(known, next);
        _configuration = next;
        ErrorLine.ForApache = next.Server == "apache";
        _logs.Configure(next.ErrorLog, ErrorLine.Level(next.LogLevel));
        if (next.Final)
        {
            Log(LogLevel.Notice, Errors.None, "the web server goes on without ModHost: this supervisor ends with its last process group");
        }

        if (_shimListener is not null)
        {
            _shimListener.User = next.User;
            _commands.User = next.User;
        }

        foreach (var spec in change.Added)
        {
            AddGroup(spec);
        }

        foreach (var spec in change.Unchanged)
        {
            var entry = _groups[spec.Name];
            entry.Adjust(spec, next.Generation);
            entry.Group.Adjust(spec);
        }

        foreach (var spec in change.Changed)
        {
            var entry = _groups[spec.Name];
            entry.Adjust(spec, next.Generation);
            entry.Group.Reload(spec, "its configuration has changed", now);
        }

        foreach (var name in change.Removed)
        {
            var entry = _groups[name];
            entry.RemovedAt = entry.Group.Removed ? entry.RemovedAt : now;
            entry.Group.Removed = true;
        }

        _logs.Keep(_groups.Values.Select(entry => entry.Log.File));
        SendLogLevels();
        _changed = true;
        _status.Touch();
    }

    private GroupEntry AddGroup(GroupSpec spec)
    {
        var entry = new GroupEntry(
            new ProcessGroup(spec, this), new LogTarget(_logs, spec), spec.Server.Generation);
        _groups.Add(spec.Name, entry);
        foreach (var shim in _shims.ToArray())
        {
            if (shim.HasJoined)
            {
                shim.SendGroup(spec.Name, entry.Group.Status);
            }
        }

        return entry;
    }

    /// <summary>Until the next configuration.</summary>
    /// <param name="group">Null: all, and the supervisor's own.</param>
    public void SetLogLevel(LogLevel level, GroupEntry? group)
    {
        if (group is null)
        {
            _logs.Configure(_configuration.ErrorLog, level);
        }

        foreach (var entry in _groups.Values)
        {
            if (group is null || ReferenceEquals(group, entry))
            {
                entry.Log.SetLevel(level);
            }
        }

        SendLogLevels();
    }

    private void SendLogLevels()
    {
        foreach (var process in _processes.Values)
        {
            process.SendLogLevel(ErrorLine.ToWorker(process.Log.Level));
        }
    }

    // Generations that neither this configuration nor a group that lives on is made by.
    private void RemoveOldGenerations()
    {
        if (_place.ConfigurationFile is not null)
        {
            return;
        }

        var least = _groups.Values.Select(entry => entry.Generation).Append(_configuration.Generation).Min();
        for (var generation = least; generation > 0 && least - generation < 16; generation--)
        {
            try
            {
                File.Delete(ConfigurationFile.PathOf(_place.Directory, generation - 1));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }
}
