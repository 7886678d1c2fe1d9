using ModHost.Server.Transport;

namespace ModHost.Embedded;

/// <summary>Wakes the web server's loop for all sends that were deferred. One for the process; any thread.</summary>
internal sealed class LoopWake : IWake
{
    public static readonly LoopWake Instance = new();

    private LoopWake()
    {
    }

    public void Wake() => WebServer.Wake();
}
