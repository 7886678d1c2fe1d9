using System.Buffers.Binary;
using System.Text;
using ModHost.Protocol;

namespace ModHost.Server.Tests.InMemoryTransport;

/// <summary>Encodes a request head block, as a web server's module would.</summary>
public sealed class RequestBlock
{
    private readonly List<(string Name, byte[] Value)> _headers = [];
    private readonly List<(string Name, string Value)> _variables = [];

    public string Method { get; set; } = "GET";

    public string Target { get; set; } = "/";

    public string PathBase { get; set; } = "";

    public byte[] Path { get; set; } = "/"u8.ToArray();

    public string Query { get; set; } = "";

    public int HttpVersion { get; set; } = 0x0101;

    public RequestTraits Traits { get; set; }

    public long ContentLength { get; set; } = -1;

    public ulong ConnectionId { get; set; } = 7;

    public ulong RequestNumber { get; set; } = 1;

    public string RemoteAddress { get; set; } = "192.0.2.1";

    public string LocalAddress { get; set; } = "192.0.2.2";

    public string RemoteUser { get; set; } = "";

    public string AuthType { get; set; } = "";

    public string TlsProtocol { get; set; } = "";

    public string TlsCipher { get; set; } = "";

    public string TlsServerName { get; set; } = "";

    public byte[] TlsClientCertificate { get; set; } = [];

    public static RequestBlock Get(string target)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return new RequestBlock
        {
            Target = target,
            Path = Encoding.UTF8.GetBytes(mark < 0 ? target : target[..mark]),
            Query = mark < 0 ? "" : target[mark..],
        };
    }

    public static RequestBlock Post(string target, long contentLength)
    {
        var block = Get(target);
        block.Method = "POST";
        block.ContentLength = contentLength;
        block.Traits = RequestTraits.Body | (contentLength < 0 ? RequestTraits.Chunked : 0);
        return block;
    }

    public RequestBlock Header(string name, string value) => Header(name, Encoding.UTF8.GetBytes(value));

    public RequestBlock Header(string name, byte[] value)
    {
        _headers.Add((name, value));
        return this;
    }

    public RequestBlock Variable(string name, string value)
    {
        _variables.Add((name, value));
        return this;
    }

    public byte[] Encode()
    {
        var tables = HeadLayout.RequestSize + (HeadLayout.FieldSize * (_headers.Count + _variables.Count));
        var block = new byte[64 * 1024];
        var end = tables;
        (uint Offset, uint Length) Text(ReadOnlySpan<byte> text)
        {
            var offset = end;
            text.CopyTo(block.AsSpan(end));
            end += text.Length;
            return ((uint)offset, (uint)text.Length);
        }

        void Slice(int at, ReadOnlySpan<byte> text)
        {
            var (offset, length) = Text(text);
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at), offset);
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at + 4), length);
        }

        void UInt16(int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(at), (ushort)value);

        var method = MethodTable.Find(Method);
        UInt16(4, HeadLayout.Version);
        UInt16(6, HeadLayout.RequestSize);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), (uint)Traits);
        UInt16(12, method);
        UInt16(14, HttpVersion);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(16), ContentLength);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(24), ConnectionId);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(32), RequestNumber);
        UInt16(40, 50000);
        UInt16(42, 8080);
        UInt16(44, _headers.Count);
        UInt16(46, _variables.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(48), HeadLayout.RequestSize);
        BinaryPrimitives.WriteUInt32LittleEndian(
            block.AsSpan(52), (uint)(HeadLayout.RequestSize + (HeadLayout.FieldSize * _headers.Count)));
        Slice(56, method == 0 ? Encoding.ASCII.GetBytes(Method) : default);
        Slice(64, Encoding.UTF8.GetBytes(Target));
        Slice(72, Encoding.UTF8.GetBytes(PathBase));
        Slice(80, Path);
        Slice(88, Encoding.UTF8.GetBytes(Query));
        Slice(96, Encoding.UTF8.GetBytes(RemoteAddress));
        Slice(104, Encoding.UTF8.GetBytes(LocalAddress));
        Slice(120, Encoding.UTF8.GetBytes(RemoteUser));
        Slice(128, Encoding.UTF8.GetBytes(AuthType));
        Slice(136, Encoding.UTF8.GetBytes(TlsProtocol));
        Slice(144, Encoding.UTF8.GetBytes(TlsCipher));
        Slice(152, Encoding.UTF8.GetBytes(TlsServerName));
        Slice(160, TlsClientCertificate);

        var at = HeadLayout.RequestSize;
        foreach (var (name, value) in _headers)
        {
            var known = FieldTable.Find(name);
            UInt16(at, known);
            if (known == 0)
            {
                UInt16(at + 2, name.Length);
                BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at + 4), Text(Encoding.ASCII.GetBytes(name)).Offset);
            }

            var (offset, length) = Text(value);
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at + 8), offset);
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at + 12), length);
            at += HeadLayout.FieldSize;
        }

        foreach (var (name, value) in _variables)
        {
            Slice(at, Encoding.ASCII.GetBytes(name));
            Slice(at + 8, Encoding.UTF8.GetBytes(value));
            at += HeadLayout.VariableSize;
        }

        BinaryPrimitives.WriteInt32LittleEndian(block, end);
        var result = block[..end];
        return RequestHead.TryValidate(result, out var error)
            ? result
            : throw new InvalidOperationException($"The test made a bad head block: {error}");
    }
}
