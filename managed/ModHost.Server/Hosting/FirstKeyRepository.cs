using System.Diagnostics.CodeAnalysis;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;

namespace ModHost.Server.Hosting;

/// <summary>
/// A key folder that several processes may find empty at the same time: one of them makes the first key, and the
/// others wait for it and then see it.
/// </summary>
/// <remarks>
/// The key manager reads all keys, and makes one where there is none. So the reader that finds none takes a file lock
/// and keeps it until the key is stored. The lock goes by itself after <see cref="s_patience"/>, for an application
/// that makes no keys, and when the process ends.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process; the lock expires by itself.")]
internal sealed partial class FirstKeyRepository(IXmlRepository inner, string lockPath, ILogger logger) : IXmlRepository
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private FileStream? _lock;
    private Timer? _expiry;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = inner.GetAllElements();
        if (elements.Count > 0 || Holds())
        {
            return elements;
        }

        TakeLock();
        elements = inner.GetAllElements();
        if (elements.Count > 0)
        {
            DropLock();
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        try
        {
            inner.StoreElement(element, friendlyName);
        }
        finally
        {
            DropLock();
        }
    }

    private bool Holds()
    {
        lock (_gate)
        {
            return _lock is not null;
        }
    }

    private void TakeLock()
    {
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                // FileShare.None is flock(2): other processes fail here, and a dead one holds nothing.
                var file = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                lock (_gate)
                {
                    _lock = file;
                    _expiry = new Timer(static self => ((FirstKeyRepository)self!).DropLock(), this, s_patience,
                        Timeout.InfiniteTimeSpan);
                }

                return;
            }
            catch (IOException) when (Environment.TickCount64 < deadline && inner.GetAllElements().Count == 0)
            {
                Thread.Sleep(20);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (inner.GetAllElements().Count == 0)
                {
                    LogNoLock(logger, lockPath, exception);
                }

                return;
            }
        }
    }

    private void DropLock()
    {
        lock (_gate)
        {
            _expiry?.Dispose();
            _lock?.Dispose();
            _expiry = null;
            _lock = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = HostingErrors.KeyLock
        + ": no lock on {Path}; several workers may make a first Data Protection key, and a cookie of one may fail in "
        + "another for some minutes")]
    private static partial void LogNoLock(ILogger logger, string path, Exception exception);
}
