using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ModHost.Server;

/// <summary>
/// An unmodified application may have told Kestrel what it wants; where that means something here, it holds here too.
/// </summary>
/// <remarks>
/// Only what differs from Kestrel's defaults counts: the web server's settings are not to be undone by them. What the
/// application says of ModHost itself goes before.
/// </remarks>
internal sealed class KestrelChoices(IServiceProvider services) : IConfigureOptions<ModHostServerOptions>
{
    public void Configure(ModHostServerOptions options)
    {
        var defaults = new KestrelServerOptions();
        if (services.GetService<IOptions<KestrelServerOptions>>()?.Value is not { } kestrel)
        {
            return;
        }

        options.AllowSynchronousIO |= kestrel.AllowSynchronousIO;
        if (kestrel.Limits.MaxRequestBodySize != defaults.Limits.MaxRequestBodySize)
        {
            options.MaxRequestBodySize ??= kestrel.Limits.MaxRequestBodySize ?? long.MaxValue;
        }

        if (kestrel.RequestHeaderEncodingSelector != defaults.RequestHeaderEncodingSelector)
        {
            options.RequestHeaderEncodingSelector ??= kestrel.RequestHeaderEncodingSelector;
        }

        if (kestrel.ResponseHeaderEncodingSelector != defaults.ResponseHeaderEncodingSelector)
        {
            options.ResponseHeaderEncodingSelector ??= kestrel.ResponseHeaderEncodingSelector;
        }
    }
}
