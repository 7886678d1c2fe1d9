using System.Globalization;
using ModHost.Posix;

namespace ModHost.Supervisor.Logging;

/// <summary>
/// A log that the supervisor appends to: a file, or its own standard error. Nothing that happens to it (a full disk, a
/// pipe that nobody reads, a folder that is gone) is more than a gap in it, of which it tells later. While it cannot be
/// opened its lines go elsewhere, if there is an elsewhere.
/// </summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>Bytes that wait while it cannot be written; what comes beyond is dropped and counted.</summary>
    public const int MostWaiting = 256 * 1024;

    /// <summary>Between two tries when it cannot be written, and between two looks whether it was rotated.</summary>
    public const long Pause = 1_000;

    // A pipe that is full for the moment.
    private const long ShortPause = 50;

    private readonly string _path;
    private readonly Func<LogFile?>? _elsewhere;
    private readonly Queue<byte[]> _lines = [];
    private Descriptor? _file;
    private bool _regular;
    private (ulong Device, ulong Node) _identity;
    private int _sent;
    private int _waiting;
    private long _dropped;
    private long _looked = long.MinValue / 2;
    private long _retry = long.MinValue / 2;
    private bool _isElsewhere;

    /// <param name="path">A file, or "stderr".</param>
    /// <param name="elsewhere">Where lines go while this one cannot be opened; null, or itself: they wait.</param>
    public LogFile(string path, Func<LogFile?>? elsewhere = null)
    {
        _path = path;
        _elsewhere = elsewhere;
        if (IsStandardError)
        {
            _file = new Descriptor(2, owns: false);
        }
    }

    private bool IsStandardError => !Path.IsPathRooted(_path);

    /// <summary>When <see cref="Flush"/> should be called; nothing waits: never.</summary>
    public long Due => _lines.Count == 0 ? long.MaxValue : _retry;

    /// <summary>Adds a line; it is written with the next <see cref="Flush"/>, or now, when many have come.</summary>
    public void Add(byte[] line, long now)
    {
        if (_waiting > MostWaiting / 4)
        {
            Flush(now);
        }

        if (_waiting + line.Length > MostWaiting)
        {
            _dropped++;
            return;
        }

        _waiting += line.Length;
        _lines.Enqueue(line);
    }

    /// <summary>Writes what waits, as far as that can be done now.</summary>
    public void Flush(long now)
    {
        if (_lines.Count == 0 || now < _retry)
        {
            return;
        }

        try
        {
            Reopen(now);
            var error = WriteLines();
            if (error == 0 && TellDropped())
            {
                error = WriteLines();
            }

            _retry = error == 0 ? now : now + (error == Errno.Again ? ShortPause : Pause);
        }
        catch (IOException exception)
        {
            Forget();
            _retry = now + Pause;
            PassOn(exception.Message, now);
        }
    }

    public void Dispose() => Forget();

    // What kept one from being written; 0: nothing did.
    private int WriteLines()
    {
        while (_lines.TryPeek(out var line))
        {
            var written = AppendFile.Write(_file!, line.AsSpan(_sent), _regular);
            if (written < 0)
            {
                return -written;
            }

            _sent += written;
            if (_sent == line.Length)
            {
                _lines.Dequeue();
                _waiting -= line.Length;
                _sent = 0;
            }
        }

        return 0;
    }

    private void Reopen(long now)
    {
        if (IsStandardError || (_file is not null && now - _looked < Pause))
        {
            return;
        }

        _looked = now;
        if (_file is not null && PathStatus.Of(_path) is { } status && (status.Device, status.Node) == _identity)
        {
            return;
        }

        Forget();
        _file = AppendFile.Open(_path);
        _isElsewhere = false;
        var opened = FileStatus.Of(_file);
        _identity = (opened.Device, opened.Node);
        _regular = opened.IsRegular;
    }

    private void Forget()
    {
        if (!IsStandardError)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void PassOn(string reason, long now)
    {
        if (_elsewhere?.Invoke() is not { } other || ReferenceEquals(other, this))
        {
            return;
        }

        if (!_isElsewhere)
        {
            _isElsewhere = true;
            other.Add(ErrorLine.Format(LogLevel.Error, "",
                $"{Errors.Log}: a log cannot be written, so its lines come here: {reason}"), now);
        }

        for (_sent = 0; _lines.TryDequeue(out var line);)
        {
            _waiting -= line.Length;
            other.Add(line, now);
        }
    }

    // As soon as there is room: the next line may be long in coming.
    private bool TellDropped()
    {
        if (_dropped == 0)
        {
            return false;
        }

        var text = string.Create(CultureInfo.InvariantCulture,
            $"{Errors.Log}: this log could not be written for a while: {_dropped} lines were dropped");
        _dropped = 0;
        var line = ErrorLine.Format(LogLevel.Warning, "", text);
        _waiting += line.Length;
        _lines.Enqueue(line);
        return true;
    }
}
