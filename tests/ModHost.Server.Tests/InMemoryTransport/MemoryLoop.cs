using System.Collections.Concurrent;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>One thread that plays the web server's event loop, and the wake that deferred sends need.</summary>
public sealed class MemoryLoop : IWake, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly ConcurrentQueue<Action> _deferred = new();
    private readonly Thread _thread;
    private int _wakes;

    public MemoryLoop()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "test loop" };
        _thread.Start();
    }

    /// <summary>How often a deferred wake came.</summary>
    public int Wakes => Volatile.Read(ref _wakes);

    /// <summary>Where an exception of a loop call ends up.</summary>
    public Exception? Failure { get; private set; }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Runs something on the loop.</summary>
    public void Post(Action action)
    {
        lock (_work)
        {
            if (!_work.IsAddingCompleted)
            {
                _work.Add(action);
            }
        }
    }

    /// <summary>Runs something on the loop after the next <see cref="Wake"/>.</summary>
    public void Defer(Action action) => _deferred.Enqueue(action);

    /// <summary>Runs something on the loop and waits.</summary>
    public void Run(Action action)
    {
        var done = new TaskCompletionSource();
        Post(() =>
        {
            action();
            done.SetResult();
        });
        done.Task.Wait(TimeSpan.FromSeconds(90));
    }

    public void Wake()
    {
        Interlocked.Increment(ref _wakes);
        while (_deferred.TryDequeue(out var action))
        {
            Post(action);
        }
    }

    public void Dispose()
    {
        lock (_work)
        {
            _work.CompleteAdding();
        }

        _thread.Join();
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                Failure = exception;
            }
        }
    }
}
