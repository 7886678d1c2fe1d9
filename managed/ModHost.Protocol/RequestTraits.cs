namespace ModHost.Protocol;

/// <summary>MODHOST_REQUEST_* of abi.h.</summary>
[Flags]
public enum RequestTraits
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>A body follows.</summary>
    Body = 0x01,

    /// <summary>The scheme is https.</summary>
    Tls = 0x02,

    /// <summary>The client asked for an upgrade, and the connection can do it.</summary>
    Upgradable = 0x04,

    /// <summary>TLS 1.3 early data.</summary>
    EarlyData = 0x08,

    /// <summary>The body's length is unknown.</summary>
    Chunked = 0x10,
}
