using System.Net;
using System.Net.Sockets;

namespace ModHost.Cli.Running;

/// <summary>Whether a web server will be able to listen; its own words would come later and be longer.</summary>
internal static class PortCheck
{
    /// <param name="option">What to type to get another.</param>
    public static void Run(IEnumerable<string> hosts, int port, string option)
    {
        foreach (var address in hosts.SelectMany(Addresses))
        {
            try
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                if (address.AddressFamily == AddressFamily.InterNetworkV6)
                {
                    socket.DualMode = false;
                }

                socket.Bind(new IPEndPoint(address, port));
                socket.Listen(1);
            }
            catch (SocketException exception)
            {
                throw new CommandException(exception.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"port {port} is in use; choose another with {option}",
                    SocketError.AccessDenied => $"port {port} needs root; choose one from 1024 on with {option}",
                    SocketError.AddressNotAvailable => $"{address} is no address of this machine; see --host",
                    _ => $"port {port} at {address} cannot be used: {exception.Message}",
                });
            }
        }
    }

    /// <summary>Containers often have none.</summary>
    public static bool HasIpv6
    {
        get
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    private static IEnumerable<IPAddress> Addresses(string host) => host switch
    {
        "*" => HasIpv6 ? [IPAddress.Any, IPAddress.IPv6Any] : [IPAddress.Any],
        "localhost" => HasIpv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
        _ => [IPAddress.Parse(host)],
    };
}
