using System.Text;
using ModHost.Posix;

namespace ModHost.Cli.Terminal;

/// <summary>Lines out of a pipe that does not block.</summary>
internal sealed class LineReader(Descriptor pipe)
{
    private const int Longest = 64 * 1024;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<byte> _rest = [];

    public Descriptor Pipe => pipe;

    /// <summary>Hands out the lines that are there. False: nobody writes any more.</summary>
    public bool Read(Action<string> line)
    {
        while (true)
        {
            var count = ModHost.Posix.Pipe.Read(pipe, _buffer);
            if (count == -Errno.Again)
            {
                return true;
            }

            if (count <= 0)
            {
                Flush(line);
                return false;
            }

            foreach (var octet in _buffer.AsSpan(0, count))
            {
                if (octet == '\n' || _rest.Count == Longest)
                {
                    Flush(line);
                }

                if (octet != '\n')
                {
                    _rest.Add(octet);
                }
            }
        }
    }

    private void Flush(Action<string> line)
    {
        if (_rest.Count > 0)
        {
            line(Encoding.UTF8.GetString([.. _rest]));
            _rest.Clear();
        }
    }
}
