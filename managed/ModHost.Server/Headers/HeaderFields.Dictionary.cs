using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>The dictionary by name.</summary>
internal abstract partial class HeaderFields
{
    /// <inheritdoc />
    public int Count
    {
        get
        {
            LoadOthers();
            return Numbers.Count + (_others?.Count ?? 0);
        }
    }

    /// <inheritdoc />
    public ICollection<string> Keys => this.Select(pair => pair.Key).ToList();

    /// <inheritdoc />
    public ICollection<StringValues> Values => this.Select(pair => pair.Value).ToList();

    /// <inheritdoc />
    public StringValues this[string key]
    {
        get
        {
            TryGetValue(key, out var value);
            return value;
        }

        set
        {
            ThrowIfReadOnly();
            ArgumentException.ThrowIfNullOrEmpty(key);
            if (value.Count == 0)
            {
                Remove(key);
            }
            else
            {
                StoreByName(key, value);
            }
        }
    }

    StringValues IDictionary<string, StringValues>.this[string key]
    {
        // Unlike the other one, this throws where there is nothing.
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();
        set => this[key] = value;
    }

    /// <inheritdoc />
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out StringValues value)
    {
        var number = FieldTable.Find(key);
        if (number != 0)
        {
            value = Get(number);
            return Has(number);
        }

        if (MayHaveOther(key))
        {
            LoadOthers();
        }

        if (_others is { Count: > 0 } others)
        {
            return others.TryGetValue(key, out value);
        }

        value = default;
        return false;
    }

    /// <inheritdoc />
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc />
    public void Add(string key, StringValues value)
    {
        ThrowIfReadOnly();
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (value.Count == 0)
        {
            return;
        }

        if (ContainsKey(key))
        {
            throw new ArgumentException("An item with the same key has already been added.", nameof(key));
        }

        StoreByName(key, value);
    }

    /// <inheritdoc />
    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    /// <inheritdoc />
    public bool Remove(string key)
    {
        ThrowIfReadOnly();
        var number = FieldTable.Find(key);
        if (number != 0)
        {
            return Unset(number);
        }

        LoadOthers();
        return _others?.Remove(key) ?? false;
    }

    /// <inheritdoc />
    public bool Remove(KeyValuePair<string, StringValues> item) => Contains(item) && Remove(item.Key);

    /// <inheritdoc />
    public void Clear()
    {
        ThrowIfReadOnly();
        LoadOthers();
        Forget();
    }

    /// <inheritdoc />
    public bool Contains(KeyValuePair<string, StringValues> item) =>
        TryGetValue(item.Key, out var value) && value.Equals(item.Value);

    /// <inheritdoc />
    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfNegative(arrayIndex);
        foreach (var pair in this)
        {
            if (arrayIndex == array.Length)
            {
                throw new ArgumentException("The array is too short.", nameof(array));
            }

            array[arrayIndex++] = pair;
        }
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator()
    {
        LoadOthers();
        foreach (var number in Numbers)
        {
            yield return new(FieldTable.Name(number), Get(number));
        }

        if (_others is { Count: > 0 } others)
        {
            foreach (var pair in others)
            {
                yield return pair;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void StoreByName(string key, StringValues value)
    {
        var number = FieldTable.Find(key);
        if (number != 0)
        {
            Store(number, value);
            return;
        }

        LoadOthers();
        Check(key, value);
        _others ??= new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        _others[key] = value;
    }
}
