using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ModHost.Protocol;

/// <summary>Reads a request head block. A view: it owns nothing and copies nothing.</summary>
/// <remarks>
/// Reading a block that <see cref="TryValidate"/> has not accepted is safe, but may throw
/// <see cref="ArgumentOutOfRangeException"/>.
/// </remarks>
public readonly ref struct RequestHead
{
    private readonly ReadOnlySpan<byte> _block;

    /// <summary>Looks at a block.</summary>
    public RequestHead(ReadOnlySpan<byte> block) => _block = block;

    /// <summary>The whole block.</summary>
    public ReadOnlySpan<byte> Block => _block;

    /// <summary>What is said of the request as a whole.</summary>
    public RequestTraits Traits => (RequestTraits)UInt32(HeadLayout.Flags);

    /// <summary>A number of <see cref="MethodTable"/>, or 0: see <see cref="MethodName"/>.</summary>
    public int Method => UInt16(HeadLayout.Request.Method);

    /// <summary>0x0009, 0x0100, 0x0101, 0x0200 or 0x0300.</summary>
    public int HttpVersion => UInt16(HeadLayout.Request.HttpVersion);

    /// <summary>Bytes of body, or -1: none, or unknown.</summary>
    public long ContentLength => BinaryPrimitives.ReadInt64LittleEndian(_block[HeadLayout.Request.ContentLength..]);

    /// <summary>The web server's number of the client's connection.</summary>
    public ulong ConnectionId => BinaryPrimitives.ReadUInt64LittleEndian(_block[HeadLayout.Request.ConnectionId..]);

    /// <summary>The request's number on that connection, from 1.</summary>
    public ulong RequestNumber => BinaryPrimitives.ReadUInt64LittleEndian(_block[HeadLayout.Request.RequestNumber..]);

    /// <summary>The client's port.</summary>
    public int RemotePort => UInt16(HeadLayout.Request.RemotePort);

    /// <summary>The web server's port.</summary>
    public int LocalPort => UInt16(HeadLayout.Request.LocalPort);

    /// <summary>Number of header fields.</summary>
    public int HeaderCount => UInt16(HeadLayout.Request.HeaderCount);

    /// <summary>Number of server variables.</summary>
    public int VariableCount => UInt16(HeadLayout.Request.VariableCount);

    /// <summary>Where text begins when the tables follow the fixed part directly, as ModHost's writers do it.</summary>
    public int TextOffset => HeadLayout.RequestSize + (HeadLayout.FieldSize * HeaderCount)
        + (HeadLayout.VariableSize * VariableCount);

    /// <summary>The method's name where <see cref="Method"/> is 0.</summary>
    public ReadOnlySpan<byte> MethodName => Slice(HeadLayout.Request.MethodName);

    /// <summary>The request target as the client sent it.</summary>
    public ReadOnlySpan<byte> Target => Slice(HeadLayout.Request.Target);

    /// <summary>Where the app is mounted; decoded.</summary>
    public ReadOnlySpan<byte> PathBase => Slice(HeadLayout.Request.PathBase);

    /// <summary>The path below it; decoded as the web server did, but for "%2F".</summary>
    public ReadOnlySpan<byte> Path => Slice(HeadLayout.Request.Path);

    /// <summary>The query with its '?'.</summary>
    public ReadOnlySpan<byte> Query => Slice(HeadLayout.Request.Query);

    /// <summary>The client's address as text.</summary>
    public ReadOnlySpan<byte> RemoteAddress => Slice(HeadLayout.Request.RemoteAddress);

    /// <summary>The web server's address as text.</summary>
    public ReadOnlySpan<byte> LocalAddress => Slice(HeadLayout.Request.LocalAddress);

    /// <summary>The web server's id for its logs.</summary>
    public ReadOnlySpan<byte> RequestId => Slice(HeadLayout.Request.RequestId);

    /// <summary>The user that the web server authenticated.</summary>
    public ReadOnlySpan<byte> RemoteUser => Slice(HeadLayout.Request.RemoteUser);

    /// <summary>How it authenticated that user.</summary>
    public ReadOnlySpan<byte> AuthType => Slice(HeadLayout.Request.AuthType);

    /// <summary>"TLSv1.3", …</summary>
    public ReadOnlySpan<byte> TlsProtocol => Slice(HeadLayout.Request.TlsProtocol);

    /// <summary>OpenSSL's name of the cipher suite.</summary>
    public ReadOnlySpan<byte> TlsCipher => Slice(HeadLayout.Request.TlsCipher);

    /// <summary>The server name that the client asked for (SNI).</summary>
    public ReadOnlySpan<byte> TlsServerName => Slice(HeadLayout.Request.TlsServerName);

    /// <summary>The client's certificate, DER or PEM.</summary>
    public ReadOnlySpan<byte> TlsClientCertificate => Slice(HeadLayout.Request.TlsClientCertificate);

    /// <summary>One header field, by its place.</summary>
    public HeadField Header(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)HeaderCount);
        return new HeadField(_block, (int)UInt32(HeadLayout.Request.HeadersOffset) + (index * HeadLayout.FieldSize));
    }

    /// <summary>One server variable's name, by its place.</summary>
    public ReadOnlySpan<byte> VariableName(int index) => Slice(VariableAt(index));

    /// <summary>One server variable's value, by its place.</summary>
    public ReadOnlySpan<byte> VariableValue(int index) => Slice(VariableAt(index) + 8);

    /// <summary>Checks everything about a block that may come from anywhere: after it, no access throws.</summary>
    public static bool TryValidate(ReadOnlySpan<byte> block, out HeadError error)
    {
        error = RequestHeadCheck.Check(block);
        return error == HeadError.None;
    }

    private int VariableAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)VariableCount);
        return (int)UInt32(HeadLayout.Request.VariablesOffset) + (index * HeadLayout.VariableSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_block[offset..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_block[offset..]);

    private ReadOnlySpan<byte> Slice(int at)
    {
        var length = (int)UInt32(at + 4);
        return length == 0 ? default : _block.Slice((int)UInt32(at), length);
    }
}
