using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>A response's headers, or its trailers. Names and values are checked when they are set.</summary>
internal sealed class ResponseHeaders : HeaderFields
{
    private readonly Func<string, Encoding?>? _encodings;

    /// <param name="encodings">Which headers may hold more than ASCII; null: none.</param>
    public ResponseHeaders(Func<string, Encoding?>? encodings) => _encodings = encodings;

    /// <summary>The response has started, or begins anew.</summary>
    public void SetReadOnly(bool value) => IsReadOnly = value;

    /// <summary>Empties it, also where it is read-only.</summary>
    public void Reset() => Forget();

    /// <summary>Removes headers that only the web server may write; true where there were any.</summary>
    public bool RemoveHopByHop(bool http2)
    {
        var found = Drop(HeaderNumber.TransferEncoding) | Drop(HeaderNumber.KeepAlive);
        found |= Others is { } others && others.Remove("Proxy-Connection");
        return http2 ? found | Drop(HeaderNumber.Connection) | Drop(HeaderNumber.Upgrade) : found;
    }

    /// <summary>Content-Length as the server decides it.</summary>
    public void DropContentLength() => SetLength(null);

    /// <summary>How many fields <see cref="Write"/> writes at most.</summary>
    public int FieldCount()
    {
        var count = 0;
        foreach (var number in Numbers)
        {
            count += number == HeaderNumber.ContentLength ? 0 : Get(number).Count;
        }

        if (Others is { Count: > 0 } others)
        {
            foreach (var pair in others)
            {
                count += pair.Value.Count;
            }
        }

        return count;
    }

    /// <summary>Writes all fields but Content-Length, which is a number of its own in the head.</summary>
    public void Write(ref ResponseHeadWriter writer)
    {
        foreach (var number in Numbers)
        {
            if (number == HeaderNumber.ContentLength)
            {
                continue;
            }

            var values = Get(number);
            for (var index = 0; index < values.Count; index++)
            {
                if (values[index] is not { } value)
                {
                    continue;
                }

                if (_encodings?.Invoke(FieldTable.Name(number)) is { } encoding)
                {
                    writer.Field(number, encoding.GetBytes(value).AsSpan());
                }
                else
                {
                    writer.Field(number, value);
                }
            }
        }

        if (Others is { Count: > 0 } others)
        {
            foreach (var pair in others)
            {
                foreach (var value in pair.Value)
                {
                    if (value is null)
                    {
                        continue;
                    }

                    if (_encodings?.Invoke(pair.Key) is { } encoding)
                    {
                        writer.Field(pair.Key, encoding.GetBytes(value).AsSpan());
                    }
                    else
                    {
                        writer.Field(pair.Key, value);
                    }
                }
            }
        }
    }

    protected override void Check(string name, StringValues value)
    {
        if (FieldTable.Find(name) == HeaderNumber.Other)
        {
            HeaderText.CheckName(name);
        }

        var ascii = _encodings?.Invoke(name) is null;
        for (var index = 0; index < value.Count; index++)
        {
            HeaderText.CheckValue(value[index], ascii);
        }
    }

    private bool Drop(int number)
    {
        if (!Has(number))
        {
            return false;
        }

        ((IHeaderDictionary)this).Remove(FieldTable.Name(number));
        return true;
    }
}
