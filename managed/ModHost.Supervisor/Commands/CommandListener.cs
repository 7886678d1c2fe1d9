using ModHost.Posix;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Shims;

namespace ModHost.Supervisor.Commands;

/// <summary>
/// control.sock: lines of JSON. The web server's user, which applications may share with it, can only look; commands
/// that change something are for root and for the supervisor's own user, who is the web server's master's.
/// </summary>
internal sealed class CommandListener : IDisposable
{
    private const int MostConnections = 64;

    private readonly EventLoop _loop;
    private readonly CommandRunner _runner;
    private readonly PeerListener _listener;
    private readonly List<CommandConnection> _connections = [];

    public CommandListener(EventLoop loop, Descriptor socket, uint user, CommandRunner runner, Action<string> refused)
    {
        _loop = loop;
        _runner = runner;
        _listener = new PeerListener(loop, socket, user, Accept, refused);
    }

    public uint User
    {
        get => _listener.User;
        set => _listener.User = value;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var connection in _connections.ToArray())
        {
            connection.Dispose();
        }
    }

    private void Accept(Descriptor peer, PeerCredentials credentials)
    {
        if (_connections.Count >= MostConnections)
        {
            peer.Dispose();
            return;
        }

        var mayChange = credentials.User == 0 || credentials.User == Account.Effective;
        _connections.Add(new CommandConnection(_loop, peer, _runner, mayChange,
            connection => _connections.Remove(connection)));
    }
}
