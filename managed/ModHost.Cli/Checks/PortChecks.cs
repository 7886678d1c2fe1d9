using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModHost.Cli.Checks;

/// <summary>Whether the web server will be able to listen where it is to.</summary>
internal static class PortChecks
{
    public static IEnumerable<Finding> Of(ServerConfiguration configuration) => configuration.Process is { } process
        ? [Finding.Good("ports", string.Create(CultureInfo.InvariantCulture,
            $"{configuration.Server} is running (process {process}) and has those that it had at its start"))]
        : configuration.Listens.Select(place => place.Socket is { } path ? Of(path) : Of(place));

    private static Finding Of(ListenPlace place)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Host(place)}:{place.Port}");
        try
        {
            using var socket = Open(place);
            return Finding.Good("ports", $"{text} is free");
        }
        catch (SocketException exception)
        {
            var (problem, remedy) = Problem(exception, place.Port);
            return Finding.Bad("ports", $"{text} {problem}", remedy);
        }
    }

    private static (string Problem, string Remedy) Problem(SocketException exception, int port) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => ("is in use", string.Create(CultureInfo.InvariantCulture,
            $"stop what has it (ss -ltnp 'sport = :{port}' tells), or listen at another port")),
        SocketError.AccessDenied => ("needs root", "start the web server as root, or listen at a port from 1024 on"),
        SocketError.AddressNotAvailable => ("is no address of this machine", "listen at one of those that ip -brief address tells"),
        SocketError.AddressFamilyNotSupported => ("is of IPv6, which this machine has not", "remove that line, or enable IPv6"),
        _ => ($"cannot be had: {exception.Message}", "listen somewhere else"),
    };

    private static Socket Open(ListenPlace place)
    {
        var address = place.Address ?? (Running.PortCheck.HasIpv6 ? IPAddress.IPv6Any : IPAddress.Any);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = place.BothFamilies;
            }

            socket.Bind(new IPEndPoint(address, place.Port));
            socket.Listen(1);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Host(ListenPlace place) => place.Address switch
    {
        null => "*",
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"[{address}]",
        var address => address.ToString(),
    };

    // One that was left behind keeps nginx from starting, and a check of nginx's own does not tell.
    private static Finding Of(string path)
    {
        if (!File.Exists(path))
        {
            return Directory.Exists(Path.GetDirectoryName(path)) ? Finding.Good("ports", $"unix:{path} can be made")
                : Finding.Bad("ports", $"unix:{path}: its folder is not there", $"mkdir -p {Path.GetDirectoryName(path)}");
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return Finding.Bad("ports", $"unix:{path} is in use", "stop what has it, or listen at another path");
        }
        catch (SocketException)
        {
            return Finding.Bad("ports", $"{path} is there already, and nobody listens at it", $"rm {path}");
        }
    }
}
