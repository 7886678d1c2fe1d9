using ModHost.Posix;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Shims;

namespace ModHost.Supervisor.Commands;

/// <summary>control.sock: lines of JSON, for root and the web server's user.</summary>
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
        _listener = new PeerListener(loop, socket, user, (peer, _) => Accept(peer), refused);
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

    private void Accept(Descriptor peer)
    {
        if (_connections.Count >= MostConnections)
        {
            peer.Dispose();
            return;
        }

        _connections.Add(new CommandConnection(_loop, peer, _runner, connection => _connections.Remove(connection)));
    }
}
