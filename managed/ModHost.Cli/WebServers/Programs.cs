using System.Diagnostics;

namespace ModHost.Cli.WebServers;

/// <summary>Other programs of this machine.</summary>
internal static class Programs
{
    // An ordinary user's PATH leaves out where distributions put web servers.
    private static readonly string[] s_more = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>By an environment variable, which may be a path or a name, or else by a name; null: there is none.</summary>
    public static string? Find(string variable, string name)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            if (given.Contains('/', StringComparison.Ordinal))
            {
                return File.Exists(given) ? given : null;
            }

            name = given;
        }

        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(s_more)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>The environment of this process, for a child.</summary>
    public static List<string> Surroundings() =>
        [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(variable => $"{variable.Key}={variable.Value}")];

    /// <summary>All that it prints, and how it ends.</summary>
    public static (int Code, string Text) Output(string program, IEnumerable<string> arguments)
    {
        var (code, text, errors) = Run(program, arguments);
        return (code, text + errors);
    }

    /// <summary>The same, with its errors apart.</summary>
    public static (int Code, string Text, string Errors) Run(string program, IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, text, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new CommandException($"{program} cannot be run: {exception.Message}");
        }
    }
}
