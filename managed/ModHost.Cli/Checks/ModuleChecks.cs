using ModHost.Cli.WebServers;

namespace ModHost.Cli.Checks;

/// <summary>Whether the web server that is installed takes ModHost's module.</summary>
internal static class ModuleChecks
{
    public static Finding Of(WebServer server)
    {
        if (!File.Exists(server.Module))
        {
            return Finding.Bad("module", $"{server.Module} is not there", Refusal.Reinstall);
        }

        var folder = Directory.CreateTempSubdirectory("modhost-check-").FullName;
        try
        {
            var file = Path.Combine(folder, "module.conf");
            File.WriteAllText(file, server.ModuleTrial(folder));
            var (code, text) = Programs.Output(server.Program, server.CheckArguments(folder, file).Skip(1));
            var reason = code == 0 ? "" : server.Reason(text, file);
            return code == 0 ? Finding.Good("module", $"{server.Module} fits {server.Name} {server.Version}")
                : Finding.Bad("module", reason, Refusal.Remedy(server, reason));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
