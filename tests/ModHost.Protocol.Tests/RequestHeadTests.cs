using System.Buffers.Binary;
using System.Text;
using ModHost.Server.Tests.InMemoryTransport;

namespace ModHost.Protocol.Tests;

public sealed class RequestHeadTests
{
    [Fact]
    public void Everything_that_was_written_is_read()
    {
        var block = Sample();
        var head = new RequestHead(block);

        Assert.Equal(RequestTraits.Body | RequestTraits.Tls, head.Traits);
        Assert.Equal("PROPFIND", Text(head.MethodName));
        Assert.Equal(0, head.Method);
        Assert.Equal(0x0200, head.HttpVersion);
        Assert.Equal(12, head.ContentLength);
        Assert.Equal(7UL, head.ConnectionId);
        Assert.Equal(1UL, head.RequestNumber);
        Assert.Equal(50000, head.RemotePort);
        Assert.Equal(8080, head.LocalPort);
        Assert.Equal("/shop/a%2Fb?c=d", Text(head.Target));
        Assert.Equal("/shop", Text(head.PathBase));
        Assert.Equal("/a%2Fb", Text(head.Path));
        Assert.Equal("?c=d", Text(head.Query));
        Assert.Equal("192.0.2.1", Text(head.RemoteAddress));
        Assert.Equal("192.0.2.2", Text(head.LocalAddress));
        Assert.Equal("anna", Text(head.RemoteUser));
        Assert.Equal("Basic", Text(head.AuthType));
        Assert.Equal("TLSv1.3", Text(head.TlsProtocol));
        Assert.Equal("TLS_AES_128_GCM_SHA256", Text(head.TlsCipher));
        Assert.Equal("example.com", Text(head.TlsServerName));
        Assert.Equal("0123", Text(head.TlsClientCertificate));
        Assert.True(head.RequestId.IsEmpty);
        Assert.Equal(2, head.HeaderCount);
        Assert.Equal(HeaderNumber.Host, head.Header(0).Known);
        Assert.Equal("Host", Text(head.Header(0).Name));
        Assert.Equal("example.com", Text(head.Header(0).Value));
        Assert.Equal("X-Own", Text(head.Header(1).Name));
        Assert.Equal("1", Text(head.Header(1).Value));
        Assert.Equal(1, head.VariableCount);
        Assert.Equal("GEO", Text(head.VariableName(0)));
        Assert.Equal("AT", Text(head.VariableValue(0)));
    }

    [Theory]
    [InlineData(0, 4, 167, HeadError.Size)]
    [InlineData(0, 4, 0xffffffff, HeadError.Size)]
    [InlineData(4, 2, 2, HeadError.Version)]
    [InlineData(6, 2, 160, HeadError.Size)]
    [InlineData(6, 2, 176, HeadError.Size)]
    [InlineData(8, 4, 0x80, HeadError.Number)]
    [InlineData(8, 4, 0x10, HeadError.Number)]
    [InlineData(12, 2, 10, HeadError.Number)]
    [InlineData(12, 2, 1, HeadError.Text)]
    [InlineData(14, 2, 0x0102, HeadError.Number)]
    [InlineData(20, 4, 0x80000000, HeadError.Number)]
    [InlineData(44, 2, 0xffff, HeadError.Offset)]
    [InlineData(46, 2, 0xffff, HeadError.Offset)]
    [InlineData(48, 4, 0, HeadError.Offset)]
    [InlineData(48, 4, 0xfffffff0, HeadError.Offset)]
    [InlineData(52, 4, 0xfffffff0, HeadError.Offset)]
    [InlineData(68, 4, 0xffffffff, HeadError.Offset)]
    [InlineData(64, 4, 0xffffffff, HeadError.Offset)]
    [InlineData(48, 4, 172, HeadError.Offset)]
    [InlineData(168, 2, 91, HeadError.Number)]
    [InlineData(170, 2, 1, HeadError.Text)]
    [InlineData(176, 4, 0xffffffff, HeadError.Offset)]
    [InlineData(180, 4, 0xffffffff, HeadError.Offset)]
    public void Every_kind_of_lie_is_refused(int at, int width, uint value, HeadError expected)
    {
        var block = Sample();
        if (width == 2)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(at), (ushort)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(at), value);
        }

        Assert.False(RequestHead.TryValidate(block, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var block = Sample();
        for (var length = 0; length < block.Length; length++)
        {
            Assert.False(RequestHead.TryValidate(block.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void A_million_mutations_are_read_whole_or_refused()
    {
        var random = new Random(20261120);
        byte[][] seeds = [Sample(), RequestBlock.Get("/").Encode(), RequestBlock.Post("/upload", -1).Header("Host", "a").Encode()];
        var accepted = 0;
        for (var number = 0; number < 1_000_000; number++)
        {
            var block = (byte[])seeds[number % seeds.Length].Clone();
            Mutation.Apply(block, random, tableStart: 168);
            var length = random.Next(16) == 0 ? random.Next(block.Length + 1) : block.Length;
            var view = block.AsSpan(0, length);
            if (RequestHead.TryValidate(view, out var error))
            {
                accepted++;
                ReadAll(view);
            }
            else
            {
                Assert.NotEqual(HeadError.None, error);
            }
        }

        // Both outcomes must be common, or the test shows nothing.
        Assert.InRange(accepted, 100_000, 900_000);
    }

    internal static byte[] Sample()
    {
        var block = RequestBlock.Get("/a%2Fb?c=d");
        block.Method = "PROPFIND";
        block.Target = "/shop/a%2Fb?c=d";
        block.PathBase = "/shop";
        block.HttpVersion = 0x0200;
        block.Traits = RequestTraits.Body | RequestTraits.Tls;
        block.ContentLength = 12;
        block.RemoteUser = "anna";
        block.AuthType = "Basic";
        block.TlsProtocol = "TLSv1.3";
        block.TlsCipher = "TLS_AES_128_GCM_SHA256";
        block.TlsServerName = "example.com";
        block.TlsClientCertificate = "0123"u8.ToArray();
        return block.Header("Host", "example.com").Header("X-Own", "1").Variable("GEO", "AT").Encode();
    }

    private static void ReadAll(ReadOnlySpan<byte> block)
    {
        var head = new RequestHead(block);
        var length = head.MethodName.Length + head.Target.Length + head.PathBase.Length + head.Path.Length
            + head.Query.Length + head.RemoteAddress.Length + head.LocalAddress.Length + head.RequestId.Length
            + head.RemoteUser.Length + head.AuthType.Length + head.TlsProtocol.Length + head.TlsCipher.Length
            + head.TlsServerName.Length + head.TlsClientCertificate.Length;
        Assert.True(MethodTable.Name(head.Method).Length + head.MethodName.Length > 0);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            Assert.False(field.Name.IsEmpty);
            length += field.Value.Length;
        }

        for (var index = 0; index < head.VariableCount; index++)
        {
            length += head.VariableName(index).Length + head.VariableValue(index).Length;
        }

        Assert.True(length >= 0);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
