using System.Globalization;

namespace ModHost.Server.Exchanges;

/// <summary>Identifiers of connections and requests for logs, in the form that Kestrel gives them.</summary>
internal static class ExchangeIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    // Tells processes apart: the web server's numbers begin anew in each.
    private static readonly ulong Seed = (ulong)DateTime.UtcNow.Ticks;

    /// <summary>Thirteen digits of base 32.</summary>
    public static string Connection(ulong number) =>
        string.Create(13, Seed + number, static (text, value) =>
        {
            for (var index = text.Length - 1; index >= 0; index--)
            {
                text[index] = Digits[(int)(value & 31)];
                value >>= 5;
            }
        });

    /// <summary>The connection's identifier and the request's number in it.</summary>
    public static string Request(string connection, ulong number) =>
        string.Concat(connection, ":", ((uint)number).ToString("X8", CultureInfo.InvariantCulture));
}
