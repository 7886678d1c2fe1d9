using System.Buffers.Binary;
using System.Text;

namespace ModHost.Protocol;

/// <summary>
/// Writes the head block of a request that no client has sent: a worker's own warm-up. All others are written in C.
/// </summary>
public static class RequestHeadWriter
{
    private const int Headers = 1;

    /// <summary>A GET of HTTP/1.1 from this machine.</summary>
    /// <param name="target">Path and query, as a client would send them.</param>
    /// <param name="host">The Host header.</param>
    public static byte[] Get(string target, string host)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(host);
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var block = new List<byte>(new byte[HeadLayout.RequestSize + (Headers * HeadLayout.FieldSize)]);
        (int Offset, int Length) Add(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            block.AddRange(bytes);
            return (block.Count - bytes.Length, bytes.Length);
        }

        var raw = Add(target);
        var path = Add(Decode(mark < 0 ? target : target[..mark]));
        var query = Add(mark < 0 ? "" : target[mark..]);
        var address = Add("127.0.0.1");
        var value = Add(host);

        var head = block.ToArray().AsSpan();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.VersionField..], HeadLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.FixedSize..], HeadLayout.RequestSize);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.Request.Method..], (ushort)MethodTable.Find("GET"));
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.Request.HttpVersion..], 0x0101);
        BinaryPrimitives.WriteInt64LittleEndian(head[HeadLayout.Request.ContentLength..], -1);
        BinaryPrimitives.WriteUInt64LittleEndian(head[HeadLayout.Request.RequestNumber..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(head[HeadLayout.Request.HeaderCount..], Headers);
        BinaryPrimitives.WriteInt32LittleEndian(head[HeadLayout.Request.HeadersOffset..], HeadLayout.RequestSize);
        BinaryPrimitives.WriteInt32LittleEndian(
            head[HeadLayout.Request.VariablesOffset..], HeadLayout.RequestSize + (Headers * HeadLayout.FieldSize));
        Slice(head, HeadLayout.Request.Target, raw);
        Slice(head, HeadLayout.Request.Path, path);
        Slice(head, HeadLayout.Request.Query, query);
        Slice(head, HeadLayout.Request.RemoteAddress, address);
        Slice(head, HeadLayout.Request.LocalAddress, address);
        var field = head[HeadLayout.RequestSize..];
        BinaryPrimitives.WriteUInt16LittleEndian(field, HeaderNumber.Host);
        Slice(field, HeadLayout.Field.ValueOffset, value);
        return head.ToArray();
    }

    private static void Slice(Span<byte> block, int at, (int Offset, int Length) text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block[at..], text.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(block[(at + 4)..], text.Length);
    }

    /// <summary>As web servers decode; a slash that was encoded stays so.</summary>
    private static string Decode(string path) => string.Join("%2F",
        path.Split(["%2F", "%2f"], StringSplitOptions.None).Select(Uri.UnescapeDataString));
}
