namespace ModHost.Protocol;

/// <summary>A kind of connection, and the direction on it. A receiver knows on which one it is.</summary>
[Flags]
public enum FrameRoute
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Web-server process to worker.</summary>
    ChannelToWorker = 0x01,

    /// <summary>Worker to web-server process.</summary>
    ChannelToWebServer = 0x02,

    /// <summary>Web-server process to supervisor.</summary>
    ShimToSupervisor = 0x04,

    /// <summary>Supervisor to web-server process.</summary>
    ShimToWebServer = 0x08,

    /// <summary>Supervisor to worker.</summary>
    ControlToWorker = 0x10,

    /// <summary>Worker to supervisor.</summary>
    ControlToSupervisor = 0x20,

    /// <summary>Supervisor to watchdog.</summary>
    KeepingToWatchdog = 0x40,

    /// <summary>Watchdog to supervisor.</summary>
    KeepingToSupervisor = 0x80,

    /// <summary>Every one.</summary>
    Any = 0xff,
}
