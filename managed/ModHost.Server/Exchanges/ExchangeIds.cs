using System.Globalization;

namespace ModHost.Server.Exchanges;

/// <summary>Identifiers of connections and requests for logs, in the form that Kestrel gives them.</summary>
internal static class ExchangeIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    /// <summary>Characters of a connection's identifier: digits of base 32.</summary>
    private const int Length = 13;

    // Tells processes apart: the web server's numbers begin anew in each.
    private static readonly ulong Seed = (ulong)DateTime.UtcNow.Ticks;

    /// <summary>What Connection.Id gives.</summary>
    public static string Connection(ulong number) =>
        string.Create(Length, number, static (text, number) => Write(text, number));

    /// <summary>
    /// The connection's identifier and the request's number in it, made at once: hosting asks every request for it.
    /// </summary>
    public static string Request(ulong connection, ulong number) =>
        string.Create(Length + 9, (Connection: connection, Request: (uint)number), static (text, numbers) =>
        {
            Write(text[..Length], numbers.Connection);
            text[Length] = ':';
            numbers.Request.TryFormat(text[(Length + 1)..], out _, "X8", CultureInfo.InvariantCulture);
        });

    private static void Write(Span<char> text, ulong number)
    {
        var value = Seed + number;
        for (var index = text.Length - 1; index >= 0; index--)
        {
            text[index] = Digits[(int)(value & 31)];
            value >>= 5;
        }
    }
}
