using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ModHost.Supervisor.Commands;

namespace ModHost.Cli.Control;

/// <summary>A connection to a supervisor's control.sock: a line of JSON each way.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _reader;

    public ControlClient(Instance instance)
    {
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(instance.Socket));
        }
        catch (SocketException exception)
        {
            _socket.Dispose();
            throw new CommandException(exception.SocketErrorCode == SocketError.AccessDenied
                ? $"{instance.Socket} is for root and the web server's user; try again with sudo"
                : $"the supervisor at {instance.Socket} does not answer: {exception.Message}");
        }

        _reader = new StreamReader(new NetworkStream(_socket), Encoding.UTF8);
    }

    /// <summary>The state of everything, as JSON.</summary>
    public string Status() => Ask(new Command { Name = "status" });

    /// <summary>Gives an order; null, or why it failed.</summary>
    /// <param name="wait">Returns when it is done, not when it is begun.</param>
    public string? Order(string name, string? group, bool wait)
    {
        var answer = JsonSerializer.Deserialize(Ask(new Command { Name = name, Group = group, Wait = wait }),
            CommandJson.Default.CommandResult);
        return answer switch
        {
            { Ok: true } => null,
            { Error: { } error } => error,
            _ => "the supervisor gave no reason",
        };
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }

    private string Ask(Command command)
    {
        try
        {
            _socket.Send(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(command, CommandJson.Default.Command) + "\n"));
            return _reader.ReadLine() ?? throw new CommandException("the supervisor has closed the connection; see its log");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            throw new CommandException($"the supervisor does not answer: {exception.Message}");
        }
    }
}
