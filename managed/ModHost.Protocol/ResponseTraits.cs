namespace ModHost.Protocol;

/// <summary>MODHOST_RESPONSE_* of abi.h.</summary>
[Flags]
public enum ResponseTraits
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The response has no body: 1xx, 204, 304, HEAD.</summary>
    NoBody = 0x01,
}
