using System.Diagnostics.CodeAnalysis;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Worker.Connections;

/// <summary>
/// One socket that carries frames: what channels and the control connection have in common. The loop reads; any thread
/// writes, under <see cref="Gate"/>.
/// </summary>
/// <remarks>
/// Two queues take turns: frames are added to one while the other is being sent, by one thread at a time and outside of
/// the gate. So nobody waits for a system call of somebody else, and whoever sends goes on until nothing is left. Each
/// change of the queues is a turn (<see cref="Turn"/>).
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Closes itself at the end of the connection.")]
internal abstract class FrameConnection
{
    // Of one readiness: then others get their turn.
    private const int MostReceives = 4;

    // More than the windows of a channel let wait: the other side does not read what it asks for.
    private const long MostWaiting = 128 << 20;

    private readonly FrameDecoder _decoder;
    private readonly Queue<Descriptor>? _descriptors;
    private OutQueue _filling = new();
    private OutQueue _sending = new();
    private bool _active;
    private bool _blocked;
    private bool _closed;
    private int _dirty;

    protected FrameConnection(EventLoop loop, Descriptor socket, FrameRoute route, bool takesDescriptors)
    {
        Loop = loop;
        Socket = socket;
        _decoder = new FrameDecoder(route);
        _descriptors = takesDescriptors ? new Queue<Descriptor>() : null;
    }

    public EventLoop Loop { get; }

    public Descriptor Socket { get; }

    /// <summary>The loop's number of it.</summary>
    public long Token { get; set; }

    /// <summary>The loop's list of what is to be sent.</summary>
    public FrameConnection? NextDirty { get; set; }

    /// <summary>Held for short work only, and never while other locks of the server are taken.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Under the gate.</summary>
    public bool IsClosed => _closed;

    /// <summary>Counts the turns. Under the gate.</summary>
    public int Turn { get; private set; }

    /// <summary>Where frames go. Under the gate, while it is not closed.</summary>
    public OutQueue Out => _filling;

    /// <summary>Bytes that wait to be sent. Under the gate.</summary>
    protected long Waiting => _filling.Bytes;

    public bool MarkDirty() => Volatile.Read(ref _dirty) == 0 && Interlocked.Exchange(ref _dirty, 1) == 0;

    public void MarkClean() => Volatile.Write(ref _dirty, 0);

    /// <summary>A frame, sent at once. Any thread, not under the gate.</summary>
    public void Send(in FrameHeader header, ReadOnlySpan<byte> payload = default)
    {
        lock (Gate)
        {
            if (_closed)
            {
                return;
            }

            _filling.Write(header, payload);
        }

        if (Loop.IsCurrent)
        {
            Loop.FlushLater(this);
        }
        else
        {
            Flush();
        }
    }

    /// <summary>Sends what waits, unless somebody does so already. Any thread, not under the gate.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            if (_active || _blocked || _closed || !NextTurn())
            {
                return;
            }
        }

        SendTurns();
    }

    /// <summary>Waits until all has been sent; for the end of the process. Not on the loop.</summary>
    public void FlushWaiting(int milliseconds)
    {
        var deadline = Environment.TickCount64 + milliseconds;
        while (true)
        {
            Flush();
            lock (Gate)
            {
                if (_closed || (!_active && !_blocked && _filling.IsEmpty))
                {
                    return;
                }
            }

            if (Environment.TickCount64 > deadline)
            {
                return;
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>The socket is ready. Loop.</summary>
    public void Ready(Readiness ready)
    {
        if ((ready & Readiness.Write) != 0)
        {
            Continue();
        }

        if ((ready & ~Readiness.Write) != 0)
        {
            Receive();
        }
    }

    /// <summary>Says why, closes, and logs it. Loop.</summary>
    public void Fail(string tag, string text)
    {
        if (_closed)
        {
            return;
        }

        Report(tag, text);
        lock (Gate)
        {
            _filling.Write(new FrameHeader(FrameType.Close, Value: Errors.Number(tag)), Encoding.UTF8.GetBytes(text));
        }

        // Where another thread is sending, that goes on with it.
        Flush();
        Close();
    }

    /// <summary>Closes; nothing is read or added any more. Loop.</summary>
    public void Close()
    {
        lock (Gate)
        {
            if (_closed)
            {
                return;
            }

            Loop.Remove(this);
            OnClosing();
            _closed = true;
            if (!_active)
            {
                Dispose();
            }
        }

        while (_descriptors?.TryDequeue(out var descriptor) == true)
        {
            descriptor.Dispose();
        }

        OnClosed();
    }

    /// <summary>A frame that was checked by itself; what it may say now is to be checked. Loop.</summary>
    protected abstract void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>The other side's HELLO, checked. Loop.</summary>
    protected abstract void OnHello(in Hello hello);

    /// <summary>The last moment at which it is open. Under the gate, loop.</summary>
    protected virtual void OnClosing()
    {
    }

    /// <summary>It is over, by whomever. Loop.</summary>
    protected abstract void OnClosed();

    /// <summary>A line for the log. Loop.</summary>
    protected abstract void Report(string tag, string text);

    /// <summary>A turn begins: frames that had to wait for it may be added. Under the gate.</summary>
    protected virtual void BeginTurn()
    {
    }

    /// <summary>The next descriptor that came; the frame's header said that there is one. Loop.</summary>
    protected Descriptor TakeDescriptor() => _descriptors!.Dequeue();

    /// <summary>Changes the queues. False: there is nothing to send. Under the gate.</summary>
    private bool NextTurn()
    {
        if (!_closed)
        {
            BeginTurn();
        }

        if (_filling.IsEmpty)
        {
            return false;
        }

        (_filling, _sending) = (_sending, _filling);
        Turn++;
        return _active = true;
    }

    /// <summary>Sends turn after turn; this thread is the active one.</summary>
    private void SendTurns()
    {
        while (EndTurn(_sending.Send(Socket)))
        {
        }
    }

    /// <summary>Whether another turn has begun.</summary>
    private bool EndTurn(int error)
    {
        lock (Gate)
        {
            _active = false;
            if (error == 0 && NextTurn())
            {
                return true;
            }

            if (_closed)
            {
                Dispose();
            }
            else if (error == Errno.Again)
            {
                _blocked = true;
                Loop.WatchRoom(this, true);
            }
            else if (error != 0)
            {
                // Nothing can be said any more; what was said to us is still read, and the end is found there.
                _blocked = true;
                _sending.Clear();
                UnixSocket.Shutdown(Socket);
            }

            return false;
        }
    }

    /// <summary>There is room in the socket again. Loop.</summary>
    private void Continue()
    {
        lock (Gate)
        {
            if (!_blocked || _active || _closed)
            {
                return;
            }

            _active = true;
            _blocked = false;
            Loop.WatchRoom(this, false);
        }

        SendTurns();
    }

    private void Receive()
    {
        for (var i = 0; i < MostReceives; i++)
        {
            var free = _decoder.Free();
            var received = _descriptors is null
                ? UnixSocket.Receive(Socket, free)
                : UnixSocket.Receive(Socket, free, _descriptors);
            if (received <= 0)
            {
                OnNothing(received);
                return;
            }

            _decoder.Received(received);
            if (!TakeFrames() || received < free.Length)
            {
                return;
            }
        }
    }

    private void OnNothing(int received)
    {
        switch (-received)
        {
            case Errno.Again:
                return;
            case 0 or Errno.ConnectionReset:
                Close();
                break;
            case var error:
                Fail(Errors.Socket, $"receive: {Errno.Message(error)}");
                break;
        }
    }

    /// <summary>False: the connection is over.</summary>
    private bool TakeFrames()
    {
        while (_decoder.TryRead(out var header, out var payload))
        {
            if (header.Descriptors > (_descriptors?.Count ?? 0))
            {
                Fail(Errors.BadFrame, $"{header.Type} came without its descriptors");
            }
            else
            {
                Take(header, payload);
            }

            if (_closed)
            {
                return false;
            }
        }

        if (_decoder.Error != FrameError.None)
        {
            Fail(Errors.BadFrame, $"a frame is wrong: {_decoder.Error}");
        }
        else if (_filling.Bytes > MostWaiting)
        {
            Fail(Errors.Socket, "the other side asks for more than it reads");
        }

        return !_closed;
    }

    private void Take(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.Hello when Hello.TryRead(payload, out var hello):
                OnHello(hello);
                break;
            case FrameType.Hello:
                Fail(Errors.OtherVersion, "the other side speaks another version");
                break;
            case FrameType.Close:
                Report(Errors.PeerClosed, $"the other side closed: MH{header.Value:D4}: {Printable(payload)}");
                Close();
                break;
            case FrameType.Ping:
                Send(new FrameHeader(FrameType.Pong, Value: header.Value));
                break;
            case FrameType.Pong:
                Fail(Errors.BadState, "PONG came without PING");
                break;
            default:
                OnFrame(header, payload);
                break;
        }
    }

    private static string Printable(ReadOnlySpan<byte> text)
    {
        const int Longest = 500;
        var characters = Encoding.UTF8.GetString(text[..Math.Min(text.Length, Longest)]).ToCharArray();
        for (var i = 0; i < characters.Length; i++)
        {
            if (char.IsControl(characters[i]))
            {
                characters[i] = ' ';
            }
        }

        return new string(characters);
    }

    // Under the gate.
    private void Dispose()
    {
        _filling.Clear();
        _sending.Clear();
        Socket.Dispose();
    }
}
