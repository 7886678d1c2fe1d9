using System.Text;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;
using ModHost.Server.Exchanges;
using ModHost.Server.Transport;

namespace ModHost.Server.Headers;

/// <summary>
/// A request's headers, decoded from the head block when they are asked for. Strings that repeat from one use of the
/// exchange to the next are reused.
/// </summary>
internal sealed class RequestHeaders : HeaderFields
{
    private readonly ushort[] _fields = new ushort[HeaderNumber.Count];
    private readonly string?[] _last = new string?[HeaderNumber.Count];
    private Func<string, Encoding?>? _encodings;
    private ExchangeTransport _transport = ReleasedTransport.Instance;
    private bool _othersPending;
    private volatile int _use;

    /// <summary>Notes which headers the head block holds. False: a value is not text; nothing was noted.</summary>
    /// <param name="transport">Holds the head block until <see cref="End"/>.</param>
    /// <param name="encodings">The application's choice of encoding by header name, or null: UTF-8.</param>
    public bool Begin(ExchangeTransport transport, Func<string, Encoding?>? encodings)
    {
        _transport = transport;
        var head = new RequestHead(transport.Head);
        _encodings = encodings;
        var count = head.HeaderCount;
        var plain = HeaderText.IsPlain(head) ? head.TextOffset : int.MaxValue;
        for (var index = 0; index < count; index++)
        {
            var field = head.Header(index);
            if (field.ValueOffset < plain && !HeaderText.IsValid(field, encodings))
            {
                return false;
            }

            var known = field.Known;
            if (known == HeaderNumber.Other)
            {
                _othersPending = true;
            }
            else if (!Has(known))
            {
                _fields[known] = (ushort)index;
                Mark(known);
            }
        }

        return true;
    }

    /// <summary>Forgets the request.</summary>
    public void End()
    {
        _use++;
        Forget();
        _othersPending = false;
        _transport = ReleasedTransport.Instance;
    }

    protected override StringValues Load(int number)
    {
        var use = _use;
        var head = new RequestHead(_transport.Head);
        var index = (int)_fields[number];
        var value = new StringValues(Decode(number, head.Header(index).Value));
        for (index++; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            if (field.Known == number)
            {
                value = StringValues.Concat(value, HeaderText.Decode(field.Value, Encoding(number)));
            }
        }

        return Still(use, value);
    }

    protected override bool MayHaveOther(string name)
    {
        if (!_othersPending)
        {
            return false;
        }

        var head = new RequestHead(_transport.Head);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            if (Ascii.EqualsIgnoreCase(head.Header(index).GivenName, name))
            {
                return true;
            }
        }

        return false;
    }

    protected override void LoadOthers()
    {
        if (!_othersPending)
        {
            return;
        }

        _othersPending = false;
        var use = _use;
        var head = new RequestHead(_transport.Head);
        for (var index = 0; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            if (field.Known == HeaderNumber.Other)
            {
                var name = System.Text.Encoding.Latin1.GetString(field.GivenName);
                var value = HeaderText.Decode(field.Value, _encodings?.Invoke(name));
                AddOther(name, Still(use, value));
            }
        }
    }

    // As the exchange's: what was read while the request ended may be another client's.
    private T Still<T>(int use, T value) => _use == use ? value : throw ReleasedTransport.Over();

    private Encoding? Encoding(int number) => _encodings?.Invoke(FieldTable.Name(number));

    private string Decode(int number, ReadOnlySpan<byte> value)
    {
        if (_last[number] is { } last && Ascii.Equals(value, last))
        {
            return last;
        }

        var text = HeaderText.Decode(value, Encoding(number));

        // What proves who somebody is should not outlive its request, and what is long should not pile up.
        if (value.Length <= StringCache.Longest
            && number is not (HeaderNumber.Authorization or HeaderNumber.ProxyAuthorization or HeaderNumber.Cookie))
        {
            _last[number] = text;
        }

        return text;
    }
}
