using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>
/// A header dictionary whose known headers live in slots by number; others in an ordinary dictionary that is made when
/// first needed. Reused from request to request; one thread at a time.
/// </summary>
internal abstract partial class HeaderFields : IHeaderDictionary
{
    private readonly StringValues[] _values = new StringValues[HeaderNumber.Count];
    private ulong _low;
    private ulong _high;
    private long? _contentLength;
    private Dictionary<string, StringValues>? _others;

    /// <summary>Whether the dictionary may no longer be changed.</summary>
    public bool IsReadOnly { get; protected set; }

    /// <inheritdoc />
    public long? ContentLength
    {
        get
        {
            return Has(HeaderNumber.ContentLength) ? _contentLength ?? ParseLength() : null;
        }

        set
        {
            ThrowIfReadOnly();
            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(value), value, "Content-Length may not be less than zero.");
            }

            SetLength(value);
        }
    }

    /// <summary>Headers that are not known; <see langword="null"/> where there never were any.</summary>
    protected Dictionary<string, StringValues>? Others => _others;

    /// <summary>Whether a known header is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(int number) =>
        number < 64 ? (_low & (1UL << number)) != 0 : (_high & (1UL << (number - 64))) != 0;

    /// <summary>A known header's value; empty where it is not there.</summary>
    public StringValues Get(int number)
    {
        if (!Has(number))
        {
            return default;
        }

        ref var value = ref _values[number];
        if (value.Count == 0)
        {
            value = number == HeaderNumber.ContentLength && _contentLength is { } length
                ? HeaderUtilities.FormatNonNegativeInt64(length)
                : Load(number);
        }

        return value;
    }

    /// <summary>Sets a known header; an empty value removes it.</summary>
    public void Assign(int number, StringValues value)
    {
        ThrowIfReadOnly();
        if (value.Count == 0)
        {
            Unset(number);
            return;
        }

        Store(number, value);
    }

    /// <summary>Makes a value ready that was only marked as there.</summary>
    protected virtual StringValues Load(int number) => default;

    /// <summary>Makes sure that <see cref="Others"/> holds all that there is.</summary>
    protected virtual void LoadOthers()
    {
    }

    /// <summary>Whether <see cref="LoadOthers"/> would bring a header of this name.</summary>
    protected virtual bool MayHaveOther(string name) => false;

    /// <summary>Throws where a name or value may not be set.</summary>
    protected virtual void Check(string name, StringValues value)
    {
    }

    /// <summary>Marks a known header as there; <see cref="Load"/> gives its value when it is asked for.</summary>
    protected void Mark(int number)
    {
        if (number < 64)
        {
            _low |= 1UL << number;
        }
        else
        {
            _high |= 1UL << (number - 64);
        }
    }

    /// <summary>Sets a header that is not known, without a check.</summary>
    protected void AddOther(string name, StringValues value)
    {
        _others ??= new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        _others[name] = StringValues.Concat(_others.GetValueOrDefault(name), value);
    }

    /// <summary>Content-Length, also where the dictionary is read-only.</summary>
    protected void SetLength(long? value)
    {
        _contentLength = value;
        _values[HeaderNumber.ContentLength] = default;
        if (value.HasValue)
        {
            Mark(HeaderNumber.ContentLength);
        }
        else
        {
            Unset(HeaderNumber.ContentLength);
        }
    }

    /// <summary>Forgets everything, for the next use.</summary>
    protected void Forget()
    {
        IsReadOnly = false;
        _contentLength = null;
        Clear(ref _low, 0);
        Clear(ref _high, 64);
        if (_others is { Count: > 0 } others)
        {
            others.Clear();
        }
    }

    /// <summary>The numbers of the known headers that are there, in order.</summary>
    protected NumberSet Numbers => new(_low, _high);

    private long? ParseLength()
    {
        // Only requests come here: what is set on a response has been checked.
        var text = Get(HeaderNumber.ContentLength);
        return text.Count == 1 && HeaderUtilities.TryParseNonNegativeInt64(text[0], out var length) ? length : null;
    }

    private void Store(int number, StringValues value)
    {
        Check(FieldTable.Name(number), value);
        if (number == HeaderNumber.ContentLength)
        {
            if (value.Count != 1 || !HeaderUtilities.TryParseNonNegativeInt64(value[0], out var length))
            {
                throw new InvalidOperationException(
                    $"Invalid Content-Length: \"{value}\". Value must be a positive integral number.");
            }

            SetLength(length);
            return;
        }

        _values[number] = value;
        Mark(number);
    }

    private bool Unset(int number)
    {
        if (!Has(number))
        {
            return false;
        }

        _values[number] = default;
        if (number < 64)
        {
            _low &= ~(1UL << number);
        }
        else
        {
            _high &= ~(1UL << (number - 64));
        }

        if (number == HeaderNumber.ContentLength)
        {
            _contentLength = null;
        }

        return true;
    }

    private void Clear(ref ulong bits, int first)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            _values[first + BitOperations.TrailingZeroCount(bits)] = default;
        }
    }

    private void ThrowIfReadOnly()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException("Headers are read-only, response has already started.");
        }
    }
}
