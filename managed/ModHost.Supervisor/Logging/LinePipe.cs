using System.Text;
using ModHost.Posix;
using ModHost.Supervisor.Loop;

namespace ModHost.Supervisor.Logging;

/// <summary>The reading end of a worker's standard output or error, line by line.</summary>
internal sealed class LinePipe : IReadyHandler, IDisposable
{
    /// <summary>Bytes after which a line is passed on in pieces.</summary>
    public const int LongestLine = 8192;

    // Per turn: a flood of one worker does not keep the others waiting.
    private const int MostPerTurn = 64 * 1024;

    private static readonly byte[] s_buffer = new byte[16 * 1024];

    private readonly EventLoop _loop;
    private readonly Action<string> _line;
    private readonly long _token;
    private readonly List<byte> _part = [];
    private bool _closed;

    /// <param name="pipe">Taken over.</param>
    /// <param name="line">Gets each line without its end.</param>
    public LinePipe(EventLoop loop, Descriptor pipe, Action<string> line)
    {
        _loop = loop;
        Pipe = pipe;
        _line = line;
        _token = loop.Watch(pipe, this);
    }

    public Descriptor Pipe { get; }

    public void Ready(Readiness ready) => Read(MostPerTurn);

    /// <summary>Reads what a process that has ended left behind, however much a pipe holds.</summary>
    public void Finish()
    {
        Read(4 << 20);
        EndLine();
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _loop.Forget(Pipe, _token);
            Pipe.Dispose();
        }
    }

    private void Read(int most)
    {
        for (var total = 0; total < most && !_closed;)
        {
            var count = Posix.Pipe.Read(Pipe, s_buffer);
            if (count == -Errno.Again)
            {
                return;
            }

            if (count <= 0)
            {
                EndLine();
                Dispose();
                return;
            }

            total += count;
            Split(s_buffer.AsSpan(0, count));
        }
    }

    private void Split(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..end];
            while (_part.Count + piece.Length >= LongestLine)
            {
                var fits = LongestLine - _part.Count;
                _part.AddRange(piece[..fits]);
                piece = piece[fits..];
                EndLine();
            }

            _part.AddRange(piece);
            if (end < 0)
            {
                return;
            }

            EndLine();
            bytes = bytes[(end + 1)..];
        }
    }

    private void EndLine()
    {
        if (_part.Count > 0)
        {
            var text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_part));
            _part.Clear();
            _line(text);
        }
    }
}
