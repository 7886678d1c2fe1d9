using System.Globalization;
using System.Text.Json;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor;

/// <summary>Instance directories: the own one at the end, and those that dead supervisors have left.</summary>
internal static class InstanceFolder
{
    private static readonly TimeSpan s_leastAge = TimeSpan.FromMinutes(1);
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

    /// <summary>Removes the directories beside the own one that belong to nobody any more.</summary>
    /// <param name="masterPid">The own web server's: it has only one supervisor.</param>
    public static void RemoveStale(string directory, int masterPid)
    {
        try
        {
            var own = Path.GetFullPath(directory);
            var kind = Path.GetFileName(own).Split('-')[0];
            foreach (var other in Directory.EnumerateDirectories(Path.GetDirectoryName(own)!, kind + "-*-*"))
            {
                if (other != own)
                {
                    RemoveIfStale(other, masterPid);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // They are in nobody's way.
        }
    }

    // The lock is held by a supervisor and by its watchdog, so it is free when neither lives. A directory that was made
    // just now may not have one yet.
    private static void RemoveIfStale(string directory, int masterPid)
    {
        var path = Path.Combine(directory, "lock");
        if (!File.Exists(path))
        {
            return;
        }

        using var held = FileLock.TryTake(path);
        if (held is null)
        {
            return;
        }

        var master = MasterOf(directory);
        var old = DateTime.UtcNow - Directory.GetLastWriteTimeUtc(directory) > s_leastAge;
        if (master == masterPid || (old && !Directory.Exists(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{master}"))))
        {
            Remove(directory);
        }
    }

    private static int MasterOf(string directory)
    {
        try
        {
            return ConfigurationFile.Read(
                ConfigurationFile.PathOf(directory, ConfigurationFile.Highest(directory))).MasterPid;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return 0;
        }
    }
}
