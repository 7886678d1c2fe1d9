using System.Globalization;
using System.Text;

namespace ModHost.IntegrationTests.Http;

/// <summary>How the end of a response showed itself.</summary>
internal enum Ending
{
    /// <summary>By its framing: a length, the last chunk, or no body at all.</summary>
    Framed,

    /// <summary>By the end of the connection, which the framing allowed.</summary>
    Closed,

    /// <summary>The connection ended before the framing said so.</summary>
    Truncated,
}

/// <summary>One HTTP/1 response, byte for byte.</summary>
internal sealed class RawResponse
{
    public required string Version { get; init; }

    public required int Status { get; init; }

    public required string Reason { get; init; }

    /// <summary>In the order received, names as sent.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    public byte[] Body { get; set; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; set; } = [];

    public Ending Ending { get; set; }

    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name)
    {
        var values = Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).ToArray();
        return values.Length == 0 ? null : string.Join(", ", values);
    }

    public long? ContentLength => Header("Content-Length") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public bool IsChunked => Header("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true;

    public override string ToString() =>
        $"{Version} {Status} {Reason}\n{string.Concat(Headers.Select(header => $"{header.Key}: {header.Value}\n"))}\n{(Body.Length > 2000 ? $"({Body.Length} bytes)" : Text)} [{Ending}]";
}
