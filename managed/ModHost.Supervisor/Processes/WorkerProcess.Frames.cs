using System.Text;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Logging;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Processes;

/// <content>What a worker says on its control connection.</content>
internal sealed partial class WorkerProcess
{
    private const int LongestText = 16 * 1024;
    private const int LongestCategory = 200;
    private const string CutMark = " ... (cut)";

    /// <summary>The first words to a new worker; they wait for it in its socket.</summary>
    public void Greet(uint generation, ReadOnlySpan<byte> configuration)
    {
        Greet(generation);
        _control.Send(new FrameHeader(FrameType.Config), configuration);
    }

    /// <summary>The first words to a worker of an earlier supervisor; it answers with its state.</summary>
    public void Greet(uint generation) => _control.SendHello(generation, Id);

    void IFrameHandler.Frame(
        FrameConnection connection, in FrameHeader header, ReadOnlySpan<byte> payload, Descriptor? descriptor)
    {
        descriptor?.Dispose();
        switch (header.Type)
        {
            case FrameType.Hello:
                if (!Hello.TryRead(payload, out var hello) || hello.Kind != PeerKind.Worker)
                {
                    throw new FormatException("HELLO of another version, or of something that is no worker");
                }

                _observer.Greeted(this);
                break;
            case FrameType.State:
                if (header.Value > (uint)AppState.Stopped)
                {
                    throw new FormatException("a state that does not exist");
                }

                _observer.State(this, (AppState)header.Value, header.Stream, Text(payload));
                break;
            case FrameType.Log:
                TakeLog(header, payload);
                break;
            case FrameType.Alive:
                _observer.Alive(this, header.Value, WorkerLoad.Read(payload));
                break;
            case FrameType.Warmed:
                _observer.Warmed(this, header.Value);
                break;
            default:
                throw new FormatException($"a frame {header.Type}");
        }
    }

    private void TakeLog(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream > payload.Length)
        {
            throw new FormatException("LOG with a category that is longer than all of it");
        }

        var category = payload[..(int)header.Stream];
        var text = payload[(int)header.Stream..];
        _observer.Line(this, ErrorLine.FromWorker(header.Value),
            Name(category[..Math.Min(category.Length, LongestCategory)]), Text(text));
    }

    // One line's beginning, whatever an application calls its categories.
    private static string Name(ReadOnlySpan<byte> category) =>
        Encoding.UTF8.GetString(category).Replace('\r', '?').Replace('\n', '?');

    private static string Text(ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= LongestText)
        {
            return Encoding.UTF8.GetString(payload);
        }

        var end = LongestText;
        while (end > LongestText - 4 && (payload[end] & 0xc0) == 0x80)
        {
            end--;
        }

        return Encoding.UTF8.GetString(payload[..end]) + CutMark;
    }
}
