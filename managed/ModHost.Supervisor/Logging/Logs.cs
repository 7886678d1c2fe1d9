using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Logging;

/// <summary>All logs that are written to, by place; and the supervisor's own.</summary>
internal sealed class Logs : IDisposable
{
    private readonly Dictionary<string, LogFile> _files = new(StringComparer.Ordinal);
    private LogFile _own;
    private LogLevel _ownLevel = LogLevel.Notice;

    public Logs() => _own = Of("stderr");

    /// <summary>When <see cref="Flush"/> should be called at the latest.</summary>
    public long Due => _files.Values.Min(file => file.Due);

    /// <summary>Where the supervisor's own lines go.</summary>
    public void Configure(string place, LogLevel level)
    {
        _own = Of(place);
        _ownLevel = level;
    }

    public LogFile Of(string place)
    {
        if (!_files.TryGetValue(place, out var file))
        {
            file = new LogFile(place, () => _own);
            _files.Add(place, file);
        }

        return file;
    }

    /// <summary>Closes those that no group and not the supervisor writes to any more, as far as nothing waits.</summary>
    public void Keep(IEnumerable<LogFile> used)
    {
        var kept = used.Append(_own).ToHashSet();
        foreach (var (place, file) in _files.ToArray())
        {
            if (!kept.Contains(file) && file.Due == long.MaxValue)
            {
                _files.Remove(place);
                file.Dispose();
            }
        }
    }

    /// <summary>A line of the supervisor's own.</summary>
    public void Write(LogLevel level, string tag, string text)
    {
        if (level <= _ownLevel)
        {
            _own.Add(ErrorLine.Format(level, "", Tagged(tag, text)), EventLoop.Now);
        }
    }

    public static string Tagged(string tag, string text) => tag.Length == 0 ? text : $"{tag}: {text}";

    public void Flush(long now)
    {
        foreach (var file in _files.Values)
        {
            file.Flush(now);
        }

        // Lines of those that cannot be opened are there now.
        _own.Flush(now);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }
}
