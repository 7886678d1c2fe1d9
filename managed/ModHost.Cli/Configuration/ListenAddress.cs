using System.Net;

namespace ModHost.Cli.Configuration;

/// <summary>Where a server listens, as servers write it: IPv6 in brackets.</summary>
internal static class ListenAddress
{
    /// <param name="all">What stands for all addresses; the second is IPv6's, where that is another.</param>
    public static IEnumerable<string> Of(ServerPlan plan, params string[] all) => plan.Hosts.SelectMany(host => host switch
    {
        "*" => plan.Ipv6 ? all : all[..1],
        "localhost" => plan.Ipv6 ? (string[])["127.0.0.1", "[::1]"] : ["127.0.0.1"],
        _ => [host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host],
    }).Distinct();

    /// <summary>Whether this machine alone gets there.</summary>
    /// <param name="host">As it is typed.</param>
    public static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
