using System.Text;
using ModHost.Protocol;

namespace ModHost.Worker.Tests.Peers;

/// <summary>What frames of one stream add up to.</summary>
internal sealed class Answer
{
    private const int Head = 1;
    private const int End = 2;
    private const int Trailers = 8;
    private const int File = 16;

    private readonly MemoryStream _body = new();

    public byte[] HeadBlock { get; private set; } = [];

    public byte[] TrailerBlock { get; private set; } = [];

    public int Status => HeadBlock.Length == 0 ? 0 : new ResponseHead(HeadBlock).Status;

    public byte[] Body => _body.ToArray();

    public string Text => Encoding.UTF8.GetString(Body);

    public uint WasReset { get; private set; }

    public bool WasReleased { get; private set; }

    public bool WasRefused { get; private set; }

    public bool Ended { get; private set; }

    public long Granted { get; private set; }

    public bool IsOver => Ended || WasReset != 0 || WasReleased || WasRefused;

    /// <summary>The largest piece of body in one frame.</summary>
    public int LargestPiece { get; private set; }

    /// <summary>Adds a frame; gives how many bytes of body it brought.</summary>
    public int Add(Frame frame)
    {
        Assert.False(IsOver, $"{frame} after the end");
        switch (frame.Type)
        {
            case FrameType.Send:
                return AddPiece(frame);
            case FrameType.Read:
                Granted += frame.Header.Value;
                return 0;
            case FrameType.Reset:
                WasReset = frame.Header.Value;
                return 0;
            case FrameType.Release:
                WasReleased = true;
                return 0;
            case FrameType.Refuse:
                WasRefused = true;
                return 0;
            default:
                Assert.Fail($"{frame} is not of a stream");
                return 0;
        }
    }

    private int AddPiece(Frame frame)
    {
        var flags = frame.Header.Flags;
        var value = (int)frame.Header.Value;
        Ended = (flags & End) != 0;
        if ((flags & Trailers) != 0)
        {
            Assert.Equal(Trailers | End, flags);
            Assert.Equal(value, frame.Payload.Length);
            TrailerBlock = frame.Payload;
            Assert.True(ResponseHead.TryValidate(TrailerBlock, out _));
            return 0;
        }

        var at = 0;
        if ((flags & Head) != 0)
        {
            HeadBlock = frame.Payload[..value];
            Assert.True(ResponseHead.TryValidate(HeadBlock, out _));
            at = Math.Min(FrameLayout.Padded(value), frame.Payload.Length);
        }

        if ((flags & File) != 0)
        {
            return AddFile(frame, at);
        }

        Assert.Empty(frame.Descriptors);
        var length = frame.Payload.Length - at;
        LargestPiece = Math.Max(LargestPiece, length);
        _body.Write(frame.Payload, at, length);
        return length;
    }

    private int AddFile(Frame frame, int at)
    {
        Assert.Equal(FileRange.Size, frame.Payload.Length - at);
        var range = FileRange.Read(frame.Payload.AsSpan(at));
        using var descriptor = Assert.Single(frame.Descriptors);
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor.Number, ownsHandle: false);
        var bytes = new byte[range.Length];
        Assert.Equal(range.Length, RandomAccess.Read(handle, bytes, range.Offset));
        _body.Write(bytes);
        return bytes.Length;
    }
}
