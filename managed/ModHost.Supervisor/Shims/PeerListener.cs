using System.Globalization;
using ModHost.Posix;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Shims;

/// <summary>A listening socket of the supervisor's, for root and one user and nobody else.</summary>
internal sealed class PeerListener : IReadyHandler, IDisposable
{
    private const int AcceptsPerTurn = 64;
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly EventLoop _loop;
    private readonly long _token;
    private readonly Action<Descriptor, PeerCredentials> _accepted;
    private readonly Action<string> _refused;
    private Descriptor? _spare;

    /// <param name="socket">Taken over.</param>
    /// <param name="user">Who may connect beside root and the supervisor's own user.</param>
    public PeerListener(EventLoop loop, Descriptor socket, uint user,
        Action<Descriptor, PeerCredentials> accepted, Action<string> refused)
    {
        _loop = loop;
        Socket = socket;
        User = user;
        _accepted = accepted;
        _refused = refused;
        _token = loop.Watch(socket, this);
        _spare = socket.Duplicate();
    }

    public Descriptor Socket { get; }

    public uint User { get; set; }

    /// <summary>Makes the socket file; one that nobody listens at any more is replaced.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static Descriptor Listen(string path, uint user, uint group)
    {
        File.Delete(path);
        var socket = UnixSocket.Listen(path);
        try
        {
            if (Account.Effective == 0)
            {
                Account.Own(path, user, group);
            }

            File.SetUnixFileMode(path, OwnerAndGroup);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Ready(Readiness ready)
    {
        try
        {
            for (var i = 0; i < AcceptsPerTurn; i++)
            {
                if (UnixSocket.Accept(Socket) is not { } peer)
                {
                    return;
                }

                Check(peer);
            }
        }
        catch (PosixException exception)
        {
            PutOff();
            _refused($"a connection could not be accepted: {exception.Message}");
        }
    }

    // Out of descriptors: one that is kept for this lets the peer in and out again. Left waiting, it would keep the
    // loop awake.
    private void PutOff()
    {
        _spare?.Dispose();
        try
        {
            UnixSocket.Accept(Socket)?.Dispose();
            _spare = Socket.Duplicate();
        }
        catch (PosixException)
        {
            _spare = null;
        }
    }

    public void Dispose()
    {
        _loop.Forget(Socket, _token);
        _spare?.Dispose();
        Socket.Dispose();
    }

    private void Check(Descriptor peer)
    {
        var credentials = UnixSocket.Credentials(peer);
        if (credentials.User == 0 || credentials.User == User || credentials.User == Account.Effective)
        {
            _accepted(peer, credentials);
            return;
        }

        peer.Dispose();
        _refused(string.Create(CultureInfo.InvariantCulture,
            $"process {credentials.Pid} of user {credentials.User} may not connect"));
    }
}
