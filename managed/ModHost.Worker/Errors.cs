using System.Globalization;

namespace ModHost.Worker;

/// <summary>Tags of what goes wrong in a worker process; docs/errors.md has the explanations.</summary>
internal static class Errors
{
    /// <summary>A frame that is not well formed: type, length, flags, descriptors.</summary>
    public const string BadFrame = "MH0650";

    /// <summary>A frame that is not allowed in this state.</summary>
    public const string BadState = "MH0651";

    /// <summary>The other side speaks another version.</summary>
    public const string OtherVersion = "MH0652";

    /// <summary>A request head that is not well formed.</summary>
    public const string BadHead = "MH0653";

    /// <summary>A channel's begun page is not as it should be.</summary>
    public const string BadPage = "MH0654";

    /// <summary>The other side closed a connection and said why.</summary>
    public const string PeerClosed = "MH0655";

    /// <summary>A system call on a connection failed.</summary>
    public const string Socket = "MH0656";

    /// <summary>Log lines were dropped because the supervisor did not take them.</summary>
    public const string LogDropped = "MH0657";

    /// <summary>A response cannot be sent as it is: its head is too large, or its file is none.</summary>
    public const string BadResponse = "MH0658";

    /// <summary>The control connection ended: supervisor and watchdog are gone.</summary>
    public const string ControlLost = "MH0659";

    /// <summary>The worker could not be set up: no control connection, a configuration that cannot be read.</summary>
    public const string StartRefused = "MH0850";

    /// <summary>An exception before the host had started.</summary>
    public const string StartFailed = "MH0851";

    /// <summary>Main returned and no web host was started.</summary>
    public const string NoHost = "MH0852";

    /// <summary>The application stopped although nobody had asked for it.</summary>
    public const string MainEnded = "MH0853";

    /// <summary>An unhandled exception on a thread; the process ends.</summary>
    public const string ThreadDied = "MH0854";

    /// <summary>Environment.Exit, or its like; the process ends.</summary>
    public const string ProcessExit = "MH0855";

    /// <summary>A fault inside ModHost.</summary>
    public const string Internal = "MH0856";

    /// <summary>The application does not use ASP.NET Core.</summary>
    public const string NotWeb = "MH0857";

    /// <summary>The number, for frames.</summary>
    public static uint Number(string tag) => uint.Parse(tag.AsSpan(2), CultureInfo.InvariantCulture);
}
