using System.Text.Json;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Worker.Tests.Peers;

/// <summary>The supervisor's end of a worker's control connection.</summary>
internal sealed class Supervisor(Descriptor socket) : FramePeer(socket, FrameRoute.ControlToSupervisor)
{
    private uint _channels;

    /// <summary>Log lines that came while something else was waited for.</summary>
    public List<string> Lines { get; } = [];

    public void Greet(uint number = 7)
    {
        var payload = new byte[Hello.Size];
        new Hello(PeerKind.Supervisor, (uint)Environment.ProcessId, 3, number).Write(payload);
        Send(new FrameHeader(FrameType.Hello), payload);
    }

    public void Configure(object settings) =>
        Send(new FrameHeader(FrameType.Config), JsonSerializer.SerializeToUtf8Bytes(settings));

    /// <summary>The next state; log lines before it are kept.</summary>
    public Frame ReceiveState(AppState state)
    {
        var frame = ReceiveOther(FrameType.State);
        var told = (AppState)frame.Header.Value;
        Assert.True(told == state, $"{state}, and not {told}: {frame.Text}\n{string.Join('\n', Lines)}");
        return frame;
    }

    /// <summary>A frame that is no log line.</summary>
    public Frame ReceiveOther(FrameType type)
    {
        var others = new List<Frame>();
        var frame = ReceiveUntil(type, others);
        foreach (var other in others)
        {
            Assert.Equal(FrameType.Log, other.Type);
            Lines.Add(other.Text);
        }

        return frame;
    }

    /// <summary>Makes a channel; gives the web server's end of it.</summary>
    public Shim OpenChannel(bool greet = true)
    {
        var (ours, theirs) = UnixSocket.Pair();
        var page = MemoryFile.Create("begun", FrameLayout.BegunSize);
        SendChannel(theirs, page);
        theirs.Dispose();
        var shim = new Shim(ours, page);
        if (greet)
        {
            shim.Greet();
        }

        return shim;
    }

    public void SendChannel(Descriptor socket, Descriptor page) => Send(
        new FrameHeader(FrameType.Channel, Stream: ++_channels, Value: (uint)Environment.ProcessId, Descriptors: 2), [],
        socket.Number, page.Number);

    public void Stop(int milliseconds = 5000) => Send(new FrameHeader(FrameType.Stop, Value: (uint)milliseconds));
}
