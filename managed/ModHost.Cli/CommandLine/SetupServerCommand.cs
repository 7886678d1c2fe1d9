using System.CommandLine;
using ModHost.Cli.Setup;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost setup-server</c>.</summary>
internal static class SetupServerCommand
{
    public static Command Define()
    {
        var application = new Argument<string>("application")
        {
            Description = "A .dll, a NativeAOT .so, or a publish folder.",
        };
        var options = ServerOptions.OfSite();
        var own = new SetupOptions();
        var command = new Command("setup-server",
            "Writes what a web server in production needs: site, process group, systemd drop-in, tmpfiles, logrotate, control script.")
        {
            application,
        };
        foreach (var option in own.All.Concat(options.Site))
        {
            command.Options.Add(option);
        }

        command.SetAction(result => new SetupServer(options, own, result).Run(result.GetValue(application)!));
        return command;
    }
}

/// <summary>Options of <c>setup-server</c> alone.</summary>
internal sealed class SetupOptions
{
    public Option<string?> Target { get; } = NewOption.Value("--target", "FOLDER",
        "Where to write the files; made if it is not there.", Values.Place);

    public Option<bool> System { get; } = NewOption.Flag("--system", "Write them where Debian wants them, and enable the site.");

    public Option<string?> SiteName { get; } = NewOption.Value("--name", "NAME",
        "Of site, process group and control script; default: the application's.", Values.Name);

    public Option<bool> DryRun { get; } = NewOption.Flag("--dry-run", "Print the files, and write nothing.");

    public Option<bool> Force { get; } = NewOption.Flag("--force", "Overwrite files that were edited.");

    public IReadOnlyList<Option> All => [Target, System, SiteName, DryRun, Force];
}
