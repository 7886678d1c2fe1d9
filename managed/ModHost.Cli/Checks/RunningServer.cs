using System.Globalization;

namespace ModHost.Cli.Checks;

/// <summary>A web server that runs already.</summary>
internal static class RunningServer
{
    /// <summary>Its process; null: there is none, or another program has that number by now.</summary>
    /// <param name="file">Where it keeps its number.</param>
    /// <param name="programs">As processes are called, which is at most 15 letters.</param>
    public static int? Of(string file, params string[] programs)
    {
        try
        {
            return int.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var process)
                && programs.Contains(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/comm")).Trim())
                ? process : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
