namespace ModHost.Protocol;

/// <summary>MODHOST_FRAME_* of protocol.h, which says what each one carries.</summary>
public enum FrameType : byte
{
    /// <summary>No frame.</summary>
    None = 0,

    /// <summary>Any connection: the first frame in each direction.</summary>
    Hello = 1,

    /// <summary>Any connection: the last frame; value: the tag's number; payload: why.</summary>
    Close = 2,

    /// <summary>Any connection: asks for <see cref="Pong"/>.</summary>
    Ping = 3,

    /// <summary>Any connection: the same value as in <see cref="Ping"/>.</summary>
    Pong = 4,

    /// <summary>Channel to worker: opens a stream.</summary>
    Request = 8,

    /// <summary>Channel to worker: request-body bytes.</summary>
    Body = 9,

    /// <summary>Channel to worker: bytes that left for the client.</summary>
    Sent = 10,

    /// <summary>Channel to worker: the stream is broken off.</summary>
    Abort = 11,

    /// <summary>Channel to worker: requests that wait for a credit.</summary>
    Want = 12,

    /// <summary>Channel to worker: credits given back.</summary>
    Return = 13,

    /// <summary>Channel to worker: no request follows.</summary>
    Drained = 14,

    /// <summary>Channel to web server: a piece of the response.</summary>
    Send = 16,

    /// <summary>Channel to web server: more request-body bytes are welcome.</summary>
    Read = 17,

    /// <summary>Channel to web server: ends a stream without a complete response.</summary>
    Reset = 18,

    /// <summary>Channel to web server: the application has let go of an aborted stream.</summary>
    Release = 19,

    /// <summary>Channel to web server: the stream was not begun and will not be.</summary>
    Refuse = 20,

    /// <summary>Channel to web server: credits more.</summary>
    Credit = 21,

    /// <summary>Channel to web server: credits wanted back.</summary>
    Recall = 22,

    /// <summary>Channel to web server: no further request, please.</summary>
    Drain = 23,

    /// <summary>Shim to supervisor: the workers to which there are channels.</summary>
    Have = 32,

    /// <summary>Shim to supervisor: requests that wait for a group.</summary>
    Demand = 33,

    /// <summary>Shim to supervisor: a worker does not let go of a request.</summary>
    Stuck = 34,

    /// <summary>Shim to supervisor: a channel broke.</summary>
    Lost = 35,

    /// <summary>Supervisor to shim: the status page.</summary>
    Status = 40,

    /// <summary>Supervisor to shim: a group's state.</summary>
    Group = 41,

    /// <summary>Supervisor to shim: a channel to a worker.</summary>
    Worker = 42,

    /// <summary>Supervisor to shim: choose other workers.</summary>
    Draining = 43,

    /// <summary>Supervisor to shim: a worker is no more.</summary>
    Gone = 44,

    /// <summary>Supervisor to worker: the configuration.</summary>
    Config = 48,

    /// <summary>Supervisor to worker: a channel to a web-server process.</summary>
    Channel = 49,

    /// <summary>Supervisor to worker: asks for <see cref="Alive"/>.</summary>
    Heartbeat = 50,

    /// <summary>Supervisor to worker: a request to make before the first one.</summary>
    WarmUp = 51,

    /// <summary>Supervisor to worker: <see cref="Drain"/> on every channel.</summary>
    DrainAll = 52,

    /// <summary>Supervisor to worker: stop the application and exit.</summary>
    Stop = 53,

    /// <summary>Supervisor to worker: the least level of log lines.</summary>
    LogLevel = 54,

    /// <summary>Worker to supervisor: the application's state.</summary>
    State = 56,

    /// <summary>Worker to supervisor: a log line.</summary>
    Log = 57,

    /// <summary>Worker to supervisor: the answer to <see cref="Heartbeat"/>.</summary>
    Alive = 58,

    /// <summary>Worker to supervisor: the answer to <see cref="WarmUp"/>.</summary>
    Warmed = 59,

    /// <summary>Supervisor to watchdog: keep a descriptor.</summary>
    Store = 64,

    /// <summary>Supervisor to watchdog: close a descriptor.</summary>
    Drop = 65,

    /// <summary>Supervisor to watchdog: the state, whole.</summary>
    Blob = 66,

    /// <summary>Supervisor to watchdog: up.</summary>
    Ready = 67,

    /// <summary>Supervisor to watchdog: it cannot be.</summary>
    Failed = 68,

    /// <summary>Supervisor to watchdog: all is stopped.</summary>
    Done = 69,

    /// <summary>Supervisor to watchdog: how long the end may take.</summary>
    Limit = 70,

    /// <summary>Watchdog to supervisor: a kept descriptor.</summary>
    Kept = 72,

    /// <summary>Watchdog to supervisor: the state.</summary>
    KeptBlob = 73,

    /// <summary>Watchdog to supervisor: that was all.</summary>
    KeptAll = 74,

    /// <summary>Watchdog to supervisor: a process has ended.</summary>
    Exited = 75,

    /// <summary>Watchdog to supervisor: the web server's master is gone.</summary>
    Shutdown = 76,
}
