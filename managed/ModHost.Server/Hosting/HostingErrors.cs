namespace ModHost.Server.Hosting;

/// <summary>Tags of what these hooks log; docs/errors.md has the explanations.</summary>
internal static class HostingErrors
{
    /// <summary>Information: the application's own listening addresses are not used.</summary>
    public const string OwnAddresses = "MH0450";

    /// <summary>The lock by which workers agree on the first Data Protection key could not be had.</summary>
    public const string KeyLock = "MH0451";

    /// <summary>The application started a second web host, which no request can reach.</summary>
    public const string SecondHost = "MH0452";

    /// <summary>The folder for Data Protection keys cannot be made.</summary>
    public const string KeyFolder = "MH0453";
}
