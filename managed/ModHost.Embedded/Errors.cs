using System.Globalization;

namespace ModHost.Embedded;

/// <summary>Tags of what goes wrong when applications start and stop; docs/errors.md has the explanations.</summary>
internal static class Errors
{
    /// <summary>An exception before the host had started.</summary>
    public const string StartFailed = "MH0501";

    /// <summary>Main returned and no web host was started.</summary>
    public const string NoHost = "MH0502";

    /// <summary>The start-up timeout passed.</summary>
    public const string StartTimeout = "MH0503";

    /// <summary>Main ended although the web server had not asked for it.</summary>
    public const string MainEnded = "MH0504";

    /// <summary>An unhandled exception on a thread; the process ends.</summary>
    public const string ThreadDied = "MH0505";

    /// <summary>Environment.Exit, or its like; the process ends.</summary>
    public const string ProcessExit = "MH0506";

    /// <summary>The application brings a newer version of an assembly of the shared framework.</summary>
    public const string NewerAssembly = "MH0507";

    /// <summary>The assembly has no entry point.</summary>
    public const string NoEntryPoint = "MH0508";

    /// <summary>An exception from Main after the host had started.</summary>
    public const string MainFailed = "MH0509";

    /// <summary>A fault inside ModHost: an exception reached the boundary to the web server.</summary>
    public const string Internal = "MH0510";

    /// <summary>A setting of the application's runtimeconfig.json cannot be had in this process.</summary>
    public const string SettingTaken = "MH0511";

    /// <summary>The number, for the web server's side.</summary>
    public static uint Number(string tag) => uint.Parse(tag.AsSpan(2), CultureInfo.InvariantCulture);
}
