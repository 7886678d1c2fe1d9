using System.CommandLine;
using ModHost.Cli.Development;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost dev</c>.</summary>
internal static class DevelopmentCommand
{
    public static Command Define()
    {
        var project = new Argument<string>("project")
        {
            Description = "A project's file or folder; default: the folder that this is.",
            DefaultValueFactory = _ => ".",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var options = ServerOptions.OfDevelopment();
        var own = new DevelopmentOptions();
        var command = new Command("dev",
            "Serves a project while it is developed: built anew when sources change, with errors in the browser. Needs nginx.")
        {
            project,
        };
        foreach (var option in own.All.Concat(options.Development))
        {
            command.Options.Add(option);
        }

        command.SetAction(result => new DevelopmentServer(options, own, result).Run(result.GetValue(project)!));
        return command;
    }
}

/// <summary>Options of <c>dev</c> alone.</summary>
internal sealed class DevelopmentOptions
{
    public Option<string[]> Watch { get; } = NewOption.Many("--watch", "PATH",
        "Another file or folder whose changes count. May be repeated.",
        text => Directory.Exists(text) ? Values.Folder(text) : Values.File(text));

    public Option<int?> Interval { get; } = NewOption.Number("--interval", "MILLISECONDS",
        "How long there must be no other change before a build begins; default: 100.", Values.Count);

    public Option<bool> NoReload { get; } = NewOption.Flag("--no-reload", "Build once, and leave changes alone.");

    public Option<bool> NoBrowserRefresh { get; } = NewOption.Flag("--no-browser-refresh",
        "Leave pages as they are: no script that loads them anew.");

    public Option<bool> Debug { get; } = NewOption.Flag("--debug",
        "Wait for a debugger before the application's first line, and say its process; no --startup-timeout then but one that is given.");

    public Option<bool> Open { get; } = NewOption.Flag("--open", "Show the first page in a browser.");

    public Option<bool> Quiet { get; } = NewOption.Flag("--quiet", "Say nothing but logs and errors.");

    public Option<bool> DevCertificate { get; } = NewOption.Flag("--dev-certificate",
        "Make a certificate for localhost, which browsers warn of.");

    public IReadOnlyList<Option> All => [Watch, Interval, NoReload, NoBrowserRefresh, Debug, Open, Quiet, DevCertificate];
}
