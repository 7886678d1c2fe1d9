using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModHost.Cli.Checks;

/// <summary>Where a web server is to listen.</summary>
/// <param name="Text">As it was typed.</param>
/// <param name="Address">Null: a Unix socket, or all addresses of both families.</param>
/// <param name="Socket">Path of a Unix socket; null: it is none.</param>
internal sealed record ListenPlace(string Text, IPAddress? Address, int Port, bool BothFamilies, string? Socket = null)
{
    private const int Http = 80;

    /// <summary>What follows <c>listen</c> in nginx.</summary>
    public static IEnumerable<ListenPlace> OfNginx(IReadOnlyList<string> words)
    {
        // These are not of TCP.
        if (words.Count == 0 || words.Contains("udp") || words.Contains("quic"))
        {
            return [];
        }

        var text = words[0];
        return text.StartsWith("unix:", StringComparison.Ordinal)
            ? [new ListenPlace(text, null, 0, false, text["unix:".Length..])]
            : Places(text, words.Contains("ipv6only=off"), IPAddress.Any);
    }

    /// <summary>What follows <c>Listen</c> in Apache, which means both families where it names no address.</summary>
    public static IEnumerable<ListenPlace> OfApache(IReadOnlyList<string> words) =>
        words.Count == 0 ? [] : Places(words[0], false, null);

    /// <param name="all">What is meant where there is no address.</param>
    private static IEnumerable<ListenPlace> Places(string text, bool both, IPAddress? all)
    {
        var (host, ports) = Split(text);
        var (first, last) = Range(ports);
        if (first > last || last > IPEndPoint.MaxPort)
        {
            return [];
        }

        return Addresses(host, all).SelectMany(address => Enumerable.Range(first, last - first + 1)
            .Select(port => new ListenPlace(text, address, port, address is null || both)));
    }

    private static (string Host, string Ports) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf(']') ? (text[..colon], text[(colon + 1)..])
            : text.All(character => char.IsAsciiDigit(character) || character == '-') ? ("", text) : (text, "");
    }

    private static (int First, int Last) Range(string ports)
    {
        var dash = ports.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? (Number(ports), Number(ports)) : (Number(ports[..dash]), Number(ports[(dash + 1)..]));
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : Http;

    private static IPAddress?[] Addresses(string host, IPAddress? all)
    {
        if (host is "" or "*")
        {
            return [all];
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return [address];
        }

        try
        {
            return Dns.GetHostAddresses(host);
        }
        catch (SocketException)
        {
            // The server says so itself.
            return [];
        }
    }
}
