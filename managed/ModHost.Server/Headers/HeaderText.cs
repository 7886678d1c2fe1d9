using System.Buffers;
using System.Text;
using System.Text.Unicode;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>Header values as text: what may come in, what may go out.</summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> ValueChars = SearchValues.Create(VisibleAscii("\t "));

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> ControlChars = SearchValues.Create(Controls());

    /// <summary>
    /// Whether all behind the tables is ASCII without a NUL: then no value that lies there needs a look of its own.
    /// </summary>
    public static bool IsPlain(RequestHead head)
    {
        var text = head.Block[Math.Min(head.TextOffset, head.Block.Length)..];
        return Ascii.IsValid(text) && !text.Contains((byte)0);
    }

    /// <summary>
    /// Whether a request's header can be read: no NUL, and ASCII or UTF-8 unless the app chose otherwise.
    /// </summary>
    public static bool IsValid(HeadField field, Func<string, Encoding?>? encodings)
    {
        var value = field.Value;
        if (value.Contains((byte)0))
        {
            return false;
        }

        if (Ascii.IsValid(value) || Utf8.IsValid(value))
        {
            return true;
        }

        return encodings?.Invoke(Encoding.Latin1.GetString(field.Name)) is not null;
    }

    /// <summary>A request's header value; <paramref name="encoding"/> null: UTF-8.</summary>
    public static string Decode(ReadOnlySpan<byte> value, Encoding? encoding) =>
        value.IsEmpty ? "" : (encoding ?? Encoding.UTF8).GetString(value);

    /// <summary>Throws where a response may not carry this name.</summary>
    public static void CheckName(string name)
    {
        var at = name.AsSpan().IndexOfAnyExcept(TokenChars);
        if (at >= 0)
        {
            throw Invalid(name[at]);
        }
    }

    /// <summary>Throws where a response may not carry this value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="ascii">Whether it must be ASCII; otherwise only control characters are refused.</param>
    public static void CheckValue(string? value, bool ascii)
    {
        var at = ascii ? value.AsSpan().IndexOfAnyExcept(ValueChars) : value.AsSpan().IndexOfAny(ControlChars);
        if (at >= 0)
        {
            throw Invalid(value![at]);
        }
    }

    private static InvalidOperationException Invalid(char character) =>
        new($"Invalid non-ASCII or control character in header: 0x{(ushort)character:X4}");

    private static string VisibleAscii(string more) =>
        string.Concat(more, string.Concat(Enumerable.Range(0x21, 0x7e - 0x20).Select(code => (char)code)));

    private static string Controls() =>
        string.Concat(Enumerable.Range(0, 0x20).Append(0x7f).Where(code => code != '\t').Select(code => (char)code));
}
