using System.Globalization;

namespace ModHost.Supervisor.Processes;

/// <summary>What the runtime of a worker that did not end well leaves in the folder for temporary files.</summary>
internal static class DiagnosticFiles
{
    /// <param name="pid">Of a process that is gone.</param>
    /// <param name="folder">Its TMPDIR.</param>
    public static void Remove(int pid, string folder)
    {
        try
        {
            var number = pid.ToString(CultureInfo.InvariantCulture);
            foreach (var pattern in (string[])[$"dotnet-diagnostic-{number}-*", $"clr-debug-pipe-{number}-*"])
            {
                foreach (var path in Directory.EnumerateFiles(folder, pattern))
                {
                    File.Delete(path);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or gone already.
        }
    }
}
