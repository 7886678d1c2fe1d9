namespace ModHost.Supervisor;

/// <summary>The instance directory at the end. Those that dead supervisors have left, the web server's master takes away.
/// </summary>
internal static class InstanceFolder
{
    private static readonly string[] s_sockets = ["shim.sock", "control.sock"];

    /// <summary>Takes away what the supervisor and the web server's master have put there, and nothing else.</summary>
    public static void Remove(string directory)
    {
        try
        {
            RemoveSockets(directory);
            foreach (var path in Directory.EnumerateFiles(directory, "config-*"))
            {
                File.Delete(path);
            }

            File.Delete(Path.Combine(directory, "lock"));
            Directory.Delete(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Something else is in it, or the web server's master is beginning anew there.
        }
    }

    public static void RemoveSockets(string directory)
    {
        foreach (var name in s_sockets)
        {
            try
            {
                File.Delete(Path.Combine(directory, name));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It is of no use to anybody, nor in anybody's way.
            }
        }
    }
}
