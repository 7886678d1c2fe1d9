using System.Text;
using ModHost.Posix;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Commands;

/// <summary>
/// Somebody at control.sock. Commands are answered in their order, also where all were asked at once and nothing more
/// will be: then the connection lives until the last answer has left.
/// </summary>
internal sealed class CommandConnection : IReadyHandler, IDisposable
{
    private const int LongestLine = 64 * 1024;
    private const int MostWaiting = 16 << 20;

    private readonly EventLoop _loop;
    private readonly Descriptor _socket;
    private readonly CommandRunner _runner;
    private readonly bool _mayChange;
    private readonly Action<CommandConnection> _closed;
    private readonly long _token;
    private readonly List<byte> _line = [];
    private readonly Queue<string> _commands = [];
    private readonly Queue<byte[]> _answers = [];
    private int _sent;
    private int _waiting;
    private bool _running;
    private bool _ended;
    private bool _finished;
    private Readiness _watched = Readiness.Read;

    /// <param name="mayChange">Whoever is there may do more than look.</param>
    public CommandConnection(EventLoop loop, Descriptor socket, CommandRunner runner, bool mayChange,
        Action<CommandConnection> closed)
    {
        _loop = loop;
        _socket = socket;
        _runner = runner;
        _mayChange = mayChange;
        _closed = closed;
        _token = loop.Watch(socket, this);
    }

    public void Ready(Readiness ready)
    {
        if ((ready & Readiness.Write) != 0)
        {
            Flush();
        }

        if (_ended || (ready & ~Readiness.Write) == 0)
        {
            return;
        }

        if (_finished)
        {
            // Not watched for reading any more: nobody is there to take an answer.
            Dispose();
        }
        else
        {
            Receive();
        }
    }

    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            _loop.Forget(_socket, _token);
            _socket.Dispose();
            _closed(this);
        }
    }

    private void Receive()
    {
        Span<byte> buffer = stackalloc byte[4096];
        var count = UnixSocket.Receive(_socket, buffer);
        if (count == -Errno.Again)
        {
            return;
        }

        if (count < 0)
        {
            Dispose();
            return;
        }

        Take(buffer[..count]);
        if (_line.Count > LongestLine || _commands.Count > 1000)
        {
            Dispose();
            return;
        }

        _finished = count == 0;
        RunNext();
        Watch();
    }

    // The end stands for a newline.
    private void Take(ReadOnlySpan<byte> bytes)
    {
        foreach (var octet in bytes)
        {
            if (octet != '\n')
            {
                _line.Add(octet);
            }
            else
            {
                EndLine();
            }
        }

        if (bytes.IsEmpty && _line.Count > 0)
        {
            EndLine();
        }
    }

    private void EndLine()
    {
        _commands.Enqueue(Encoding.UTF8.GetString([.. _line]));
        _line.Clear();
    }

    private void RunNext()
    {
        while (!_running && !_ended && _commands.TryDequeue(out var command))
        {
            _running = true;
            _runner.Run(command, _mayChange, Answer);
        }
    }

    // At once, or when what was asked for is done.
    private void Answer(byte[] answer)
    {
        _running = false;
        if (_ended)
        {
            return;
        }

        _answers.Enqueue([.. answer, (byte)'\n']);
        _waiting += answer.Length;
        if (_waiting > MostWaiting)
        {
            Dispose();
            return;
        }

        Flush();
        RunNext();
    }

    private void Flush()
    {
        while (_answers.TryPeek(out var answer))
        {
            var sent = UnixSocket.Send(_socket, answer.AsSpan(_sent));
            if (sent == -Errno.Again)
            {
                break;
            }

            if (sent < 0)
            {
                Dispose();
                return;
            }

            _sent += sent;
            if (_sent == answer.Length)
            {
                _answers.Dequeue();
                _waiting -= answer.Length - 1;
                _sent = 0;
            }
        }

        Watch();
    }

    // Who has asked all it will is watched for its answers alone, and for its end.
    private void Watch()
    {
        if (_ended)
        {
            return;
        }

        if (_finished && !_running && _answers.Count == 0 && _commands.Count == 0)
        {
            Dispose();
            return;
        }

        var wanted = (_finished ? Readiness.None : Readiness.Read)
            | (_answers.Count > 0 ? Readiness.Write : Readiness.None);
        if (wanted != _watched)
        {
            _watched = wanted;
            _loop.Change(_socket, _token, wanted);
        }
    }
}
