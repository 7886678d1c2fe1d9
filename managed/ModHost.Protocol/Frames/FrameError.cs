namespace ModHost.Protocol;

/// <summary>Why a frame was refused.</summary>
public enum FrameError
{
    /// <summary>It is well formed.</summary>
    None = 0,

    /// <summary>There is no such type, or not on this connection and in this direction.</summary>
    Type,

    /// <summary>The payload is shorter or longer than the type allows.</summary>
    Length,

    /// <summary>A flag that the type does not have.</summary>
    Flags,

    /// <summary>More or fewer descriptors than the type has.</summary>
    Descriptors,

    /// <summary>A stream where the type has none, or none where it has one.</summary>
    Stream,

    /// <summary>A value where the type has none.</summary>
    Value,

    /// <summary>What follows the payload is not zero.</summary>
    Padding,

    /// <summary>The first frame is not HELLO.</summary>
    NotHello,
}
