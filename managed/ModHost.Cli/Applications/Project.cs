using System.Diagnostics;

namespace ModHost.Cli.Applications;

/// <summary>A project that has to be published before it can be served.</summary>
internal sealed record Project(string File)
{
    private static readonly string[] s_patterns = ["*.csproj", "*.fsproj", "*.vbproj"];

    public string Folder => Path.GetDirectoryName(File)!;

    public string Name => Path.GetFileNameWithoutExtension(File);

    /// <summary>A project's file, or a folder with one; null: it is neither.</summary>
    public static Project? Find(string typed)
    {
        var path = Path.GetFullPath(typed);
        if (System.IO.File.Exists(path))
        {
            return s_patterns.Any(pattern => Path.GetExtension(path) == pattern[1..]) ? new Project(path) : null;
        }

        if (!Directory.Exists(path))
        {
            return null;
        }

        var files = s_patterns.SelectMany(pattern => Directory.GetFiles(path, pattern)).ToArray();
        return files.Length switch
        {
            0 => null,
            1 => new Project(files[0]),
            _ => throw CommandException.Wrong($"there is more than one project in {typed}; name the file: "
                + string.Join(", ", files.Select(Path.GetFileName))),
        };
    }

    /// <summary>Publishes it; the application that came of it.</summary>
    /// <exception cref="CommandException">It does not build; the compiler's words were shown.</exception>
    public Application Publish(string output, Action<string> show)
    {
        var info = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            ArgumentList = { "publish", File, "-c", "Release", "-o", output, "--nologo", "-v", "quiet" },
        };
        info.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        info.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Start(info);
        process.StandardInput.Close();
        var lines = new List<string>();
        process.OutputDataReceived += (_, line) => Keep(lines, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(lines, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            lines.Distinct().ToList().ForEach(show);
            throw new CommandException($"{Name} does not build; correct what the lines above say");
        }

        return Application.Find(output);
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CommandException("a project needs the .NET SDK, and there is no dotnet on the PATH; "
                + "see https://learn.microsoft.com/dotnet/core/install/linux");
        }
    }

    private static void Keep(List<string> lines, string? line)
    {
        lock (lines)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add(line.Trim());
            }
        }
    }
}
