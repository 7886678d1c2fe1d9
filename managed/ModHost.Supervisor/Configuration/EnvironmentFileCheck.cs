using System.Globalization;

namespace ModHost.Supervisor.Configuration;

/// <summary>Finds what a file of variables has beside NAME=VALUE, comments and empty lines.</summary>
internal static class EnvironmentFileCheck
{
    private const int MostNamed = 5;

    /// <summary>A sentence that names lines by their numbers: what they have may be secret. Empty: all is well.</summary>
    /// <param name="path">Of the file; empty: there is none. One that cannot be read is somebody else's to report.</param>
    public static string Warning(string path)
    {
        if (path.Length == 0)
        {
            return "";
        }

        try
        {
            var bad = Bad(path);
            return bad.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $"env-file {path}: not NAME=VALUE, so passed over: line {string.Join(", ", bad.Take(MostNamed))}")
                + (bad.Length > MostNamed ? " and others" : "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static int[] Bad(string path) =>
    [
        .. File.ReadLines(path).Select((line, index) => (Text: line.Trim(), Number: index + 1))
            .Where(line => line.Text.Length > 0 && line.Text[0] != '#' && line.Text.IndexOf('=', StringComparison.Ordinal) <= 0)
            .Select(line => line.Number),
    ];
}
