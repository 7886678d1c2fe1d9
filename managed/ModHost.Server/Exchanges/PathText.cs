using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace ModHost.Server.Exchanges;

/// <summary>A decoded path as a string, in such a way that no two paths become the same string.</summary>
/// <remarks>
/// Bytes that are no UTF-8 are percent-encoded again, as Kestrel leaves them. A per cent sign that would read like one
/// of those becomes "%25": an application must never take one path for another that the web server has let pass.
/// </remarks>
internal static class PathText
{
    /// <summary>Whether the path is its own text.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> path) => !path.Contains((byte)'%') && Utf8.IsValid(path);

    public static string Encode(ReadOnlySpan<byte> path)
    {
        var text = new StringBuilder(path.Length + 16);
        while (!path.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(path, out var rune, out var length);
            if (status != OperationStatus.Done)
            {
                foreach (var value in path[..length])
                {
                    text.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
                }
            }
            else if (rune.Value == '%' && ReadsLikeByte(path[1..]))
            {
                text.Append("%25");
            }
            else
            {
                text.Append(rune.ToString());
            }

            path = path[length..];
        }

        return text.ToString();
    }

    /// <summary>
    /// Whether this, after a per cent sign, is the number of a byte above ASCII, or such a number escaped.
    /// </summary>
    private static bool ReadsLikeByte(ReadOnlySpan<byte> rest)
    {
        while (rest.StartsWith("25"u8))
        {
            rest = rest[2..];
        }

        return rest.Length >= 2
            && char.IsAsciiHexDigit((char)rest[0])
            && char.IsAsciiHexDigit((char)rest[1])
            && rest[0] is not (>= (byte)'0' and <= (byte)'7');
    }
}
