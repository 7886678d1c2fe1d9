namespace ModHost.Protocol;

/// <summary>MODHOST_APP_* of abi.h, as STATE and GROUP carry it.</summary>
public enum AppState
{
    /// <summary>It starts.</summary>
    Starting = 0,

    /// <summary>Its host has started.</summary>
    Ready = 1,

    /// <summary>It will not start; a text says why.</summary>
    Failed = 2,

    /// <summary>It stops.</summary>
    Stopping = 3,

    /// <summary>ApplicationStopped has run, Main is over.</summary>
    Stopped = 4,
}
