using ModHost.Posix;

namespace ModHost.Supervisor.Loop;

/// <summary>A child whose end only has to be noticed, so that nothing is left of it.</summary>
internal sealed class ChildWatch : IReadyHandler, IDisposable
{
    private readonly EventLoop _loop;
    private readonly Descriptor _process;
    private readonly long _token;

    /// <param name="process">Its pidfd; taken over.</param>
    public ChildWatch(EventLoop loop, Descriptor process)
    {
        _loop = loop;
        _process = process;
        _token = loop.Watch(process, this);
    }

    public void Ready(Readiness ready)
    {
        _loop.Forget(_process, _token);
        try
        {
            _ = ChildProcess.Wait(_process);
        }
        catch (PosixException)
        {
            // Not ours any more.
        }
    }

    public void Dispose()
    {
        _loop.Forget(_process, _token);
        _process.Dispose();
    }
}
