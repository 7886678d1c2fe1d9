namespace ModHost.Posix;

/// <summary>A memory file, mapped: numbers that other processes see at once. Any thread.</summary>
public sealed unsafe class SharedMemory : IDisposable
{
    private readonly int _size;
    private byte* _start;

    /// <summary>Maps a file that <see cref="MemoryFile.IsSealed"/>, so that no access can fault.</summary>
    public SharedMemory(Descriptor file, int size)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!MemoryFile.IsSealed(file, size))
        {
            throw new ArgumentException($"not a sealed memory file of {size} bytes", nameof(file));
        }

        var start = Libc.mmap(null, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, file.Number, 0);
        if ((nint)start == -1)
        {
            throw MemoryFile.Failure("mmap");
        }

        _start = (byte*)start;
        _size = size;
    }

    /// <summary>Frees the mapping where nobody has disposed of it.</summary>
    ~SharedMemory() => Unmap();

    /// <summary>A number, by its place among numbers of its size; what was stored before it is seen too.</summary>
    public uint Load(int index) => Volatile.Read(ref *At(index));

    /// <summary>Stores a number after all that was stored before it (release).</summary>
    public void Store(int index, uint value) => Volatile.Write(ref *At(index), value);

    /// <summary>Stores a number where another one is; gives what was there, also where it was not that one.</summary>
    public uint CompareExchange(int index, uint value, uint comparand) =>
        Interlocked.CompareExchange(ref *At(index), value, comparand);

    /// <summary>Copies bytes in, with no order among them.</summary>
    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)_size, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, _size - offset, nameof(bytes));
        bytes.CopyTo(new Span<byte>(_start + offset, bytes.Length));
    }

    /// <summary>Copies bytes out, with no order among them.</summary>
    public void Read(int offset, Span<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)_size, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, _size - offset, nameof(bytes));
        new ReadOnlySpan<byte>(_start + offset, bytes.Length).CopyTo(bytes);
    }

    /// <summary>No call may be under way, and none may follow.</summary>
    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    private uint* At(int index)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_size / sizeof(uint), nameof(index));
        return (uint*)_start + index;
    }

    private void Unmap()
    {
        var start = _start;
        _start = null;
        if (start is not null)
        {
            _ = Libc.munmap(start, _size);
        }
    }
}
