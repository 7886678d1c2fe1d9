using System.Text;

namespace ModHost.Server.Exchanges;

/// <summary>Keeps the last string that bytes became, because the next request's are often the same.</summary>
internal struct StringCache
{
    private string? _last;

    /// <summary>The string of ASCII or UTF-8 bytes.</summary>
    public string Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "";
        }

        if (_last is { } last && Ascii.Equals(bytes, last))
        {
            return last;
        }

        return _last = Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The string of a decoded path.</summary>
    public string GetPath(ReadOnlySpan<byte> bytes) => PathText.IsPlain(bytes) ? Get(bytes) : PathText.Encode(bytes);
}
