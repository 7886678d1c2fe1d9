using System.Buffers.Binary;
using System.Text;
using ModHost.Posix;
using ModHost.Protocol;

namespace ModHost.Supervisor.Status;

/// <summary>The memory file from which every web-server process answers for all.</summary>
internal sealed class StatusPage : IDisposable
{
    /// <summary>Between two writings: what changes more often is seen together.</summary>
    public const long Pace = 200;

    /// <summary>Written anew after this when anything is under way.</summary>
    public const long Age = 1_000;

    // modhost_status_page: magic, sequence, json_length, metrics_length.
    private const int HeaderSize = 16;
    private const int SequenceIndex = 1;

    private readonly SharedMemory _memory;
    private uint _sequence;
    private bool _touched = true;
    private long _written = long.MinValue / 2;

    public StatusPage()
    {
        File = MemoryFile.Create("modhost-status", FrameLayout.StatusSize);
        _memory = new SharedMemory(File, FrameLayout.StatusSize);
        _memory.Store(0, FrameLayout.Magic);
    }

    public Descriptor File { get; }

    /// <summary>Something of it has changed.</summary>
    public void Touch() => _touched = true;

    /// <summary>Writes it if that is due.</summary>
    /// <returns>When it will be.</returns>
    public long Refresh(Daemon daemon, long now)
    {
        if (!_touched)
        {
            return long.MaxValue;
        }

        if (now - _written < Pace)
        {
            return _written + Pace;
        }

        _touched = false;
        _written = now;
        var json = StatusJson.Groups(daemon, now);
        var metrics = Encoding.UTF8.GetBytes(MetricsText.Of(daemon));
        if (HeaderSize + json.Length + metrics.Length <= FrameLayout.StatusSize)
        {
            Write(json.Span, metrics);
        }

        return long.MaxValue;
    }

    public void Dispose()
    {
        _memory.Dispose();
        File.Dispose();
    }

    // Odd while it is being written: a reader that saw that, or another number after than before, reads again.
    private void Write(ReadOnlySpan<byte> json, ReadOnlySpan<byte> metrics)
    {
        _memory.Store(SequenceIndex, ++_sequence);
        Interlocked.MemoryBarrier();
        Span<byte> lengths = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, json.Length);
        BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], metrics.Length);
        _memory.Write(8, lengths);
        _memory.Write(HeaderSize, json);
        _memory.Write(HeaderSize + json.Length, metrics);
        _memory.Store(SequenceIndex, ++_sequence);
    }
}
