namespace ModHost.Protocol;

/// <summary>
/// Sizes and offsets of the head blocks, as abi.h lays them out. Little-endian; offsets from the first byte.
/// </summary>
public static class HeadLayout
{
    /// <summary>MODHOST_HEAD_VERSION.</summary>
    public const int Version = 1;

    /// <summary>sizeof(modhost_request_head).</summary>
    public const int RequestSize = 168;

    /// <summary>sizeof(modhost_response_head).</summary>
    public const int ResponseSize = 40;

    /// <summary>sizeof(modhost_field).</summary>
    public const int FieldSize = 16;

    /// <summary>sizeof(modhost_variable).</summary>
    public const int VariableSize = 16;

    internal const int Size = 0;
    internal const int VersionField = 4;
    internal const int FixedSize = 6;
    internal const int Flags = 8;

    /// <summary>Of modhost_request_head.</summary>
    internal static class Request
    {
        internal const int Method = 12;
        internal const int HttpVersion = 14;
        internal const int ContentLength = 16;
        internal const int ConnectionId = 24;
        internal const int RequestNumber = 32;
        internal const int RemotePort = 40;
        internal const int LocalPort = 42;
        internal const int HeaderCount = 44;
        internal const int VariableCount = 46;
        internal const int HeadersOffset = 48;
        internal const int VariablesOffset = 52;
        internal const int MethodName = 56;
        internal const int Target = 64;
        internal const int PathBase = 72;
        internal const int Path = 80;
        internal const int Query = 88;
        internal const int RemoteAddress = 96;
        internal const int LocalAddress = 104;
        internal const int RequestId = 112;
        internal const int RemoteUser = 120;
        internal const int AuthType = 128;
        internal const int TlsProtocol = 136;
        internal const int TlsCipher = 144;
        internal const int TlsServerName = 152;
        internal const int TlsClientCertificate = 160;
    }

    /// <summary>Of modhost_response_head.</summary>
    internal static class Response
    {
        internal const int Status = 12;
        internal const int HeaderCount = 14;
        internal const int ContentLength = 16;
        internal const int HeadersOffset = 24;
        internal const int Reserved = 28;
        internal const int Reason = 32;
    }

    /// <summary>Of modhost_field.</summary>
    internal static class Field
    {
        internal const int Known = 0;
        internal const int NameLength = 2;
        internal const int NameOffset = 4;
        internal const int ValueOffset = 8;
        internal const int ValueLength = 12;
    }
}
