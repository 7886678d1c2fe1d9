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

    /// <summary>The string of a decoded path: bytes that are no UTF-8 are percent-encoded again.</summary>
    public string GetPath(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || Ascii.IsValid(bytes) || System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Get(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var value in bytes[..consumed])
                {
                    text.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }
}
