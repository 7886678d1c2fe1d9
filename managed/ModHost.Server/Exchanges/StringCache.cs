using System.Text;

namespace ModHost.Server.Exchanges;

/// <summary>Keeps the last string that bytes became, because the next request's are often the same.</summary>
internal struct StringCache
{
    /// <summary>Longer strings are not kept: there is one of these for each exchange object, used or not.</summary>
    public const int Longest = 256;

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

        var text = Encoding.UTF8.GetString(bytes);
        _last = bytes.Length <= Longest ? text : null;
        return text;
    }

    /// <summary>The string of a decoded path.</summary>
    public string GetPath(ReadOnlySpan<byte> bytes) => PathText.IsPlain(bytes) ? Get(bytes) : PathText.Encode(bytes);
}
