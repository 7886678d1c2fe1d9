using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;
using ModHost.Server.Bodies;

namespace ModHost.Server.Exchanges;

/// <summary>
/// Upgraded exchanges: after the head of status 101 bytes go both ways until the application returns.
/// </summary>
internal abstract partial class Exchange : IHttpUpgradeFeature
{
    private UpgradeStream? _upgrade;
    private bool _accepting;

    bool IHttpUpgradeFeature.IsUpgradableRequest => (_traits & RequestTraits.Upgradable) != 0;

    /// <summary>Whether the application has taken over the connection.</summary>
    internal bool IsUpgraded { get; private set; }

    /// <summary>Whether bytes may come in: a body, or what follows an upgrade.</summary>
    internal bool HasIncoming => _pipeUsed;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync()
    {
        if ((_traits & RequestTraits.Upgradable) == 0)
        {
            throw new InvalidOperationException(
                "Cannot upgrade a non-upgradable request. Check IHttpUpgradeFeature.IsUpgradableRequest to determine if "
                + "a request can be upgraded.");
        }

        if (IsUpgraded)
        {
            throw new InvalidOperationException(
                "IHttpUpgradeFeature.UpgradeAsync was already called and can only be called once per connection.");
        }

        if (HasStarted)
        {
            throw new InvalidOperationException("The response has already started: it cannot be upgraded.");
        }

        _status = StatusCodes.Status101SwitchingProtocols;
        _responseHeaders.Assign(HeaderNumber.Connection, "Upgrade");
        await FireOnStarting().ConfigureAwait(false);
        _accepting = true;
        try
        {
            Start();
        }
        finally
        {
            _accepting = false;
        }

        Accept();
        return _upgrade = new UpgradeStream(this);
    }

    private void Accept()
    {
        IsUpgraded = true;
        OpenPipe();
        lock (_gate)
        {
            _corked = true;
            _flushWanted = true;
            UncorkLocked();
        }

        StartReading();
    }
}
