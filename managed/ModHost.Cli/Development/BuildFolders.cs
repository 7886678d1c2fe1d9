using System.Globalization;

namespace ModHost.Cli.Development;

/// <summary>A folder for each build. A version that serves has its folder open, and requests that it has may read more of it.</summary>
internal sealed class BuildFolders(string folder)
{
    private int _last;
    private int _serving;

    /// <summary>Where the next build goes.</summary>
    public string Next() => Name(++_last);

    /// <summary>Nothing leads to what a failed build has left.</summary>
    public static void Discard(string build) => Remove(build);

    /// <summary>
    /// A build serves. What is older than the one before it may go; never because of how many builds there were, as those
    /// that failed, and versions that do not start, leave the one that serves where it is.
    /// </summary>
    public void Serves(string build)
    {
        var number = int.Parse(Path.GetFileName(build), CultureInfo.InvariantCulture);
        if (number <= _serving)
        {
            return;
        }

        foreach (var old in Directory.GetDirectories(folder).Where(old => Number(old) < _serving))
        {
            Remove(old);
        }

        _serving = number;
    }

    private string Name(int number) => Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture));

    private static int Number(string build) =>
        int.TryParse(Path.GetFileName(build), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    private static void Remove(string build)
    {
        try
        {
            if (Directory.Exists(build))
            {
                Directory.Delete(build, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes with all the others when the command ends.
        }
    }
}
