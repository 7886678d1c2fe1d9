using System.CommandLine;
using ModHost.Cli.Configuration;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost module-config</c>.</summary>
internal static class ModuleConfigCommand
{
    public static Command Define()
    {
        var server = new Argument<string>("server") { Description = "nginx or apache." };
        server.AcceptOnlyFromAmong(WebServerChoice.Nginx, WebServerChoice.Apache);
        var command = new Command("module-config", "Prints what a web server's configuration needs to load ModHost.")
        {
            server,
        };
        command.SetAction(result => Run(result.GetValue(server)!));
        return command;
    }

    private static int Run(string name)
    {
        var server = WebServerChoice.Make(name, Installation.Own());
        Console.Out.Write(server.Writer.ModuleLines(new ServerPlaces(server.Module, null, null)));
        return ExitCode.Success;
    }
}
