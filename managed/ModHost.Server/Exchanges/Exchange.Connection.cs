using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ModHost.Server.Exchanges;

/// <summary>The client's connection, as the web server sees it. Application thread.</summary>
internal abstract partial class Exchange : IHttpConnectionFeature, IConnectionLifetimeNotificationFeature
{
    private AddressCache _remote;
    private AddressCache _local;
    private string? _connectionId;
    private string? _connectionIdSet;
    private IPAddress? _remoteAddress;
    private IPAddress? _localAddress;
    private int? _remotePort;
    private int? _localPort;
    private bool _remoteSet;
    private bool _localSet;
    private CancellationToken? _closeRequestedSet;

    string IHttpConnectionFeature.ConnectionId
    {
        get => _connectionIdSet ?? ConnectionId;
        set => _connectionIdSet = value;
    }

    IPAddress? IHttpConnectionFeature.RemoteIpAddress
    {
        get => _remoteSet ? _remoteAddress : Still(Use, _remote.Get(Head.RemoteAddress));
        set => (_remoteAddress, _remoteSet) = (value, true);
    }

    IPAddress? IHttpConnectionFeature.LocalIpAddress
    {
        get => _localSet ? _localAddress : Still(Use, _local.Get(Head.LocalAddress));
        set => (_localAddress, _localSet) = (value, true);
    }

    int IHttpConnectionFeature.RemotePort
    {
        get => _remotePort ?? Still(Use, Head.RemotePort);
        set => _remotePort = value;
    }

    int IHttpConnectionFeature.LocalPort
    {
        get => _localPort ?? Still(Use, Head.LocalPort);
        set => _localPort = value;
    }

    CancellationToken IConnectionLifetimeNotificationFeature.ConnectionClosedRequested
    {
        get => _closeRequestedSet ?? Server.Closing;
        set => _closeRequestedSet = value;
    }

    /// <summary>The client's address as the web server says, whatever the application has set.</summary>
    public IPAddress? GivenRemoteAddress => Still(Use, _remote.Get(Head.RemoteAddress));

    private string ConnectionId => _connectionId ??= ExchangeIds.Connection(Connection);

    void IConnectionLifetimeNotificationFeature.RequestClose()
    {
        if (!HasStarted && _httpVersion < 0x0200)
        {
            _responseHeaders.Assign(Protocol.HeaderNumber.Connection, "close");
        }
    }

    private void EndConnection()
    {
        _connectionIdSet = null;
        _remoteAddress = null;
        _localAddress = null;
        _remotePort = null;
        _localPort = null;
        _remoteSet = false;
        _localSet = false;
        _closeRequestedSet = null;
    }

    /// <summary>Parses an address only when its text differs from the last one's.</summary>
    private struct AddressCache
    {
        private StringCache _text;
        private string? _lastText;
        private IPAddress? _last;

        public IPAddress? Get(ReadOnlySpan<byte> bytes)
        {
            var text = _text.Get(bytes);
            if (!ReferenceEquals(text, _lastText))
            {
                _lastText = text;
                _last = IPAddress.TryParse(text, out var address) ? address : null;
            }

            return _last;
        }
    }
}
