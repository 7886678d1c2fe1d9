using Microsoft.AspNetCore.Hosting.Server.Features;

namespace ModHost.Server;

/// <summary>Where the web server listens. An application may write here, and is not listened to.</summary>
internal sealed class ServerAddresses : IServerAddressesFeature
{
    public ServerAddresses(IReadOnlyList<string> addresses) => Report(addresses);

    public ICollection<string> Addresses { get; } = [];

    public bool PreferHostingUrls { get; set; }

    /// <summary>Puts back what is true, after the host has had its say.</summary>
    public void Report(IReadOnlyList<string> addresses)
    {
        Addresses.Clear();
        foreach (var address in addresses)
        {
            Addresses.Add(address);
        }
    }
}
