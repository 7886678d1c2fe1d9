using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace ModHost.Server.Hosting;

/// <summary>Says once that addresses which the application is configured to listen at are not used.</summary>
internal static class OwnAddresses
{
    private static readonly string[] s_settings = ["urls", "http_ports", "https_ports"];

    public static void Report(IConfiguration? configuration, IServerConnection connection)
    {
        if (configuration is null)
        {
            return;
        }

        var found = new List<string>();
        foreach (var setting in s_settings)
        {
            if (configuration[setting] is { Length: > 0 } value)
            {
                found.Add($"{setting}={value}");
            }
        }

        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            found.Add($"Kestrel:Endpoints:{endpoint.Key}={endpoint["Url"]}");
        }

        if (found.Count > 0)
        {
            connection.Log((int)LogLevel.Information, "ModHost.Hosting",
                $"{HostingErrors.OwnAddresses}: the web server listens for the application; its own setting "
                + $"{string.Join(", ", found)} is not used");
        }
    }
}
