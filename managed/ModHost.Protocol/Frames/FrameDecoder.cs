namespace ModHost.Protocol;

/// <summary>
/// Turns the bytes of one connection into checked frames, however they are cut. One thread at a time.
/// </summary>
/// <remarks>
/// <para>The receiver writes into <see cref="Free"/>, says how much to <see cref="Received"/>, and takes frames with
/// <see cref="TryRead"/> until there is none. A payload is valid until the next call of <see cref="Free"/>; it begins
/// at a multiple of 8.</para>
/// <para>The buffer grows with what arrives, and beyond <see cref="UsualBuffer"/> only for a header that was checked:
/// what the other side merely claims costs nothing.</para>
/// </remarks>
public sealed class FrameDecoder
{
    /// <summary>The buffer grows up to this by itself.</summary>
    public const int UsualBuffer = 256 * 1024;

    private const int FirstBuffer = 8 * 1024;
    private const int LeastFree = 2 * 1024;

    private readonly FrameRoute _route;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _greeted;
    private bool _filled;

    /// <param name="route">Where the bytes come from.</param>
    /// <param name="hello">HELLO (or CLOSE) must come first.</param>
    public FrameDecoder(FrameRoute route, bool hello = true)
    {
        _route = route;
        _greeted = !hello;
    }

    /// <summary>What was wrong with the frame that could not be read; from then on none is.</summary>
    public FrameError Error { get; private set; }

    /// <summary>Whether a part of a frame is there.</summary>
    public bool HasPart => _end > _start;

    /// <summary>Room for more bytes; never empty.</summary>
    public Span<byte> Free()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }

        var wanted = Wanted();
        if (wanted > _buffer.Length || (wanted <= UsualBuffer && _buffer.Length > UsualBuffer))
        {
            Move(GC.AllocateUninitializedArray<byte>(wanted, pinned: true));
        }
        else if (_buffer.Length - _end < LeastFree || NextSize() > _buffer.Length - _start)
        {
            Move(_buffer);
        }

        return _buffer.AsSpan(_end);
    }

    /// <summary>So many bytes were written to what <see cref="Free"/> gave.</summary>
    public void Received(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _end), nameof(count));
        _end += count;
        _filled = _end == _buffer.Length;
    }

    /// <summary>Takes the next frame; its header was checked. False: more bytes are needed, or see
    /// <see cref="Error"/>.</summary>
    public bool TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        var bytes = _buffer.AsSpan(_start, _end - _start);
        if (bytes.Length < FrameLayout.HeaderSize || Error != FrameError.None)
        {
            return false;
        }

        header = FrameHeader.Read(bytes);
        Error = Check(header);
        if (Error != FrameError.None || bytes.Length < header.FrameSize)
        {
            return false;
        }

        var size = header.FrameSize;
        if (bytes[(FrameLayout.HeaderSize + header.Length)..size].ContainsAnyExcept((byte)0))
        {
            Error = FrameError.Padding;
            return false;
        }

        payload = bytes.Slice(FrameLayout.HeaderSize, header.Length);
        _start += size;
        _greeted = true;
        return true;
    }

    private FrameError Check(in FrameHeader header)
    {
        var error = FrameRules.Check(header, _route);
        return error == FrameError.None && !_greeted && header.Type is not (FrameType.Hello or FrameType.Close)
            ? FrameError.NotHello
            : error;
    }

    /// <summary>The size of the frame that is there in part, once its header was checked; else 0.</summary>
    private int NextSize()
    {
        if (_end - _start < FrameLayout.HeaderSize || Error != FrameError.None)
        {
            return 0;
        }

        var header = FrameHeader.Read(_buffer.AsSpan(_start));
        return Check(header) == FrameError.None ? header.FrameSize : 0;
    }

    private int Wanted()
    {
        var size = _buffer.Length == 0 ? FirstBuffer : Math.Min(_buffer.Length, UsualBuffer);
        if (_filled && size < UsualBuffer)
        {
            size *= 2;
        }

        while (size < NextSize() || size - (_end - _start) < LeastFree)
        {
            size *= 2;
        }

        return size;
    }

    private void Move(byte[] target)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _buffer = target;
        _end -= _start;
        _start = 0;
        _filled = false;
    }
}
