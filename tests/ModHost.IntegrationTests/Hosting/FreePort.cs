using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>
/// Ports of the loopback interface that nobody listens on, each given out once in a run. They are below those that the
/// kernel gives to clients: one of these could be taken by a connection before its server has come up.
/// </summary>
internal static class FreePort
{
    private const int Lowest = 10000;

    private static readonly HashSet<int> s_given = [];
    private static readonly int s_end = FirstOfClients();

    public static int Next()
    {
        lock (s_given)
        {
            while (true)
            {
                var port = Random.Shared.Next(Lowest, s_end);
                if (!s_given.Contains(port) && IsFree(port))
                {
                    s_given.Add(port);
                    return port;
                }
            }
        }
    }

    /// <summary>Whether somebody could listen there now.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FirstOfClients()
    {
        var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var first = int.Parse(range[0], CultureInfo.InvariantCulture);

        // Where clients have nearly all of them, there is nothing to choose.
        return first >= Lowest + 1000 ? first : 65536;
    }
}
