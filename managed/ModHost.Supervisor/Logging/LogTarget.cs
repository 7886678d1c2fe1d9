using System.Globalization;
using ModHost.Supervisor.Configuration;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Logging;

/// <summary>Where the lines of a group go, and which of them.</summary>
internal sealed class LogTarget(Logs logs, GroupSpec spec)
{
    private LogFile _file = logs.Of(Place(spec));
    private LogLevel _level = LevelOf(spec);
    private string _group = spec.Name;

    public LogLevel Level => _level;

    /// <summary>Where its lines go.</summary>
    public LogFile File => _file;

    /// <summary>After the configuration has changed.</summary>
    public void Adjust(GroupSpec next)
    {
        _file = logs.Of(Place(next));
        _level = LevelOf(next);
        _group = next.Name;
    }

    /// <summary>Until the next change of the configuration.</summary>
    public void SetLevel(LogLevel level) => _level = level;

    /// <param name="worker">Null: the group as a whole.</param>
    public void Write(LogLevel level, Worker? worker, string tag, string text)
    {
        if (level > _level)
        {
            return;
        }

        var source = worker is null ? $"[{_group}] "
            : string.Create(CultureInfo.InvariantCulture, $"[{_group}/{worker.Index} {worker.Pid}] ");
        _file.Add(ErrorLine.Format(level, source, Logs.Tagged(tag, text)), EventLoop.Now);
    }

    /// <summary>A line of a worker's own.</summary>
    public void Pass(LogLevel level, Worker worker, string category, string text)
    {
        if (level <= _level)
        {
            Write(level, worker, "", category.Length == 0 ? text : $"{category}: {text}");
        }
    }

    private static string Place(GroupSpec spec) => spec.Options.Log.Length > 0 ? spec.Options.Log
        : spec.Group.ErrorLog.Length > 0 ? spec.Group.ErrorLog : spec.Server.ErrorLog;

    // A log of the group's own is there to have everything.
    private static LogLevel LevelOf(GroupSpec spec)
    {
        var level = ErrorLine.Level(spec.Group.LogLevel.Length > 0 ? spec.Group.LogLevel : spec.Server.LogLevel);
        return spec.Options.Log.Length > 0 && level < LogLevel.Info ? LogLevel.Info : level;
    }
}
