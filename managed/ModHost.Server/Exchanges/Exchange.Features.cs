using System.Collections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModHost.Protocol;

namespace ModHost.Server.Exchanges;

/// <summary>The feature collection. Application thread.</summary>
internal abstract partial class Exchange : IFeatureCollection, IEndpointFeature, IRouteValuesFeature
{
    private readonly object?[] _features = new object?[FeatureSlots.Types.Length];
    private readonly object?[] _initialFeatures = new object?[FeatureSlots.Types.Length];
    private List<KeyValuePair<Type, object>>? _moreFeatures;
    private RouteValueDictionary? _routeValues;
    private int _revision;

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _revision;

    Endpoint? IEndpointFeature.Endpoint { get; set; }

    RouteValueDictionary IRouteValuesFeature.RouteValues
    {
        get => _routeValues ??= [];
        set => _routeValues = value;
    }

    object? IFeatureCollection.this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            var place = FeatureSlots.Find(key);
            return place >= 0 ? _features[place] : FindMore(key);
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            SetFeature(key, FeatureSlots.Find(key), value);
        }
    }

    TFeature? IFeatureCollection.Get<TFeature>()
        where TFeature : default
    {
        var place = FeatureSlot<TFeature>.Place;
        return (TFeature?)(place >= 0 ? _features[place] : FindMore(typeof(TFeature)));
    }

    void IFeatureCollection.Set<TFeature>(TFeature? instance)
        where TFeature : default =>
        SetFeature(typeof(TFeature), FeatureSlot<TFeature>.Place, instance);

    IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator()
    {
        for (var place = 0; place < _features.Length; place++)
        {
            if (_features[place] is { } feature)
            {
                yield return new(FeatureSlots.Types[place], feature);
            }
        }

        foreach (var more in _moreFeatures ?? [])
        {
            yield return more;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<KeyValuePair<Type, object>>)this).GetEnumerator();

    private void InitializeFeatures()
    {
        for (var place = 0; place < FeatureSlots.Always; place++)
        {
            _initialFeatures[place] = this;
        }

        _initialFeatures.CopyTo(_features, 0);
    }

    private void BeginFeatures(RequestHead head)
    {
        if (head.HttpVersion >= 0x0200)
        {
            _features[FeatureSlots.Http2Reset] = this;
            _features[FeatureSlots.Trailers] = this;
        }

        if ((head.Traits & RequestTraits.Tls) != 0)
        {
            _features[FeatureSlots.TlsConnection] = this;
            _features[FeatureSlots.TlsHandshake] = this;
        }

        if (Server.Options.UseWebServerUser && !head.RemoteUser.IsEmpty)
        {
            _features[FeatureSlots.Authentication] = this;
        }

        _revision++;
    }

    private void EndFeatures()
    {
        _initialFeatures.CopyTo(_features, 0);
        _moreFeatures?.Clear();
        _routeValues?.Clear();
        ((IEndpointFeature)this).Endpoint = null;
        _revision++;
    }

    private void SetFeature(Type key, int place, object? value)
    {
        _revision++;
        if (place >= 0)
        {
            _features[place] = value;
            return;
        }

        _moreFeatures ??= [];
        var index = _moreFeatures.FindIndex(more => more.Key == key);
        if (index >= 0)
        {
            _moreFeatures.RemoveAt(index);
        }

        if (value is not null)
        {
            _moreFeatures.Add(new(key, value));
        }
    }

    private object? FindMore(Type key)
    {
        if (_moreFeatures is { } list)
        {
            foreach (var more in list)
            {
                if (more.Key == key)
                {
                    return more.Value;
                }
            }
        }

        return null;
    }
}
