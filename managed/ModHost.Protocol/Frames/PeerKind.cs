namespace ModHost.Protocol;

/// <summary>MODHOST_PEER_* of protocol.h: who says HELLO.</summary>
public enum PeerKind
{
    /// <summary>Nobody.</summary>
    None = 0,

    /// <summary>A process of nginx.</summary>
    Nginx = 1,

    /// <summary>A process of Apache httpd.</summary>
    Apache = 2,

    /// <summary>A worker.</summary>
    Worker = 3,

    /// <summary>The supervisor.</summary>
    Supervisor = 4,

    /// <summary>The watchdog.</summary>
    Watchdog = 5,

    /// <summary>The command line.</summary>
    Command = 6,
}
