using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Worker.Tests.Peers;

/// <summary>A frame that a test received.</summary>
internal sealed record Frame(FrameHeader Header, byte[] Payload, Descriptor[] Descriptors)
{
    public FrameType Type => Header.Type;

    public string Text => Encoding.UTF8.GetString(Payload);

    public override string ToString() =>
        $"{Header.Type} stream {Header.Stream:x8} value {Header.Value} flags {Header.Flags:x} length {Header.Length}";
}
