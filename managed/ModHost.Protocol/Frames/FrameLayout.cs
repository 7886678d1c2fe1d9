namespace ModHost.Protocol;

/// <summary>Numbers of protocol.h.</summary>
public static class FrameLayout
{
    /// <summary>MODHOST_PROTOCOL_MAGIC.</summary>
    public const uint Magic = 0x3150484d;

    /// <summary>MODHOST_PROTOCOL_VERSION.</summary>
    public const int Version = 1;

    /// <summary>sizeof(modhost_frame).</summary>
    public const int HeaderSize = 16;

    /// <summary>Every frame is padded to a multiple of this.</summary>
    public const int Alignment = 8;

    /// <summary>MODHOST_FRAME_LENGTH_MAX: the longest payload.</summary>
    public const int LengthMax = 1 << 20;

    /// <summary>MODHOST_FRAME_BODY_MAX: the longest piece that a sender makes of a body.</summary>
    public const int BodyMax = 64 * 1024;

    /// <summary>MODHOST_STREAM_SLOTS.</summary>
    public const int StreamSlots = 65536;

    /// <summary>MODHOST_BEGUN_SIZE: bytes of a begun page.</summary>
    public const int BegunSize = StreamSlots * 4;

    /// <summary>MODHOST_BEGUN_TAKEN: in a slot where the web server let nothing begin any more.</summary>
    public const uint BegunTaken = 1;

    /// <summary>MODHOST_CREDITS_UNLIMITED.</summary>
    public const uint CreditsUnlimited = uint.MaxValue;

    /// <summary>The least <see cref="RequestStart.SendWindow"/>.</summary>
    public const int SendWindowMin = 4096;

    /// <summary>MODHOST_AFFINITY_LENGTH.</summary>
    public const int AffinityLength = 32;

    /// <summary>MODHOST_STATUS_SIZE: bytes of a status page.</summary>
    public const int StatusSize = 1 << 20;

    /// <summary>MODHOST_KEY_MAX: the longest key of what the watchdog keeps.</summary>
    public const int KeyMax = 255;

    /// <summary>MODHOST_BODY_END, of <see cref="FrameType.Body"/>.</summary>
    public const int BodyEnd = 0x01;

    /// <summary>MODHOST_BODY_TRAILERS, of <see cref="FrameType.Body"/>.</summary>
    public const int BodyTrailers = 0x02;

    /// <summary>MODHOST_SEND_* but DEFER, of <see cref="FrameType.Send"/>.</summary>
    public const int SendAll = 0x3f;

    /// <summary>A length with the zeros that follow it.</summary>
    public static int Padded(int length) => (length + (Alignment - 1)) & -Alignment;

    /// <summary>A whole frame: header, payload, zeros.</summary>
    public static int FrameSize(int length) => HeaderSize + Padded(length);

    /// <summary>MODHOST_STREAM_SLOT.</summary>
    public static int Slot(uint stream) => (int)(stream & 0xffff);

    /// <summary>How often the stream's slot was used, with this use.</summary>
    public static int Count(uint stream) => (int)(stream >> 16);

    /// <summary>The count of a slot's next use: from 1, and from 65535 to 1.</summary>
    public static int NextCount(int count) => count == 0xffff ? 1 : count + 1;

    /// <summary>The number of a slot's use.</summary>
    public static uint Stream(int slot, int count) => ((uint)count << 16) | (uint)slot;
}
