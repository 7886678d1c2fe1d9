using System.Text.RegularExpressions;

namespace ModHost.Development;

/// <summary>
/// Names under which a browser of this machine asks. A stranger's page can have its own name lead here, and would then be
/// shown sources as if they were its own.
/// </summary>
/// <remarks>Part of ModHost.Server and of the command, which has no ASP.NET Core.</remarks>
internal static class LocalHosts
{
    /// <summary>The command sets it for the workers that it starts: names that are good, with a space between them.</summary>
    public const string Variable = "MODHOST_DEVELOPMENT";

    private const string Always = @"localhost|.+\.localhost|[0-9.]+|\[[0-9a-f:.]+\]";

    /// <summary>For .NET and PCRE, without regard to case.</summary>
    /// <param name="names">More that are good; '*' stands for any text.</param>
    public static string Pattern(IEnumerable<string> names) =>
        $"^({string.Join('|', names.Select(name => Regex.Escape(name).Replace(@"\*", ".+", StringComparison.Ordinal)).Prepend(Always))})$";
}
