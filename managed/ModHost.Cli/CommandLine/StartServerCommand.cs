using System.CommandLine;
using ModHost.Cli.Running;

namespace ModHost.Cli.CommandLine;

/// <summary><c>modhost start-server</c>.</summary>
internal static class StartServerCommand
{
    public static Command Define()
    {
        var application = new Argument<string>("application")
        {
            Description = "A .dll, a NativeAOT .so, a publish folder, or a project, which is published first.",
        };
        var options = new ServerOptions();
        var own = new StartOptions();
        var command = new Command("start-server",
            "Serves an application with a web server of its own, on this terminal, until Ctrl-C.")
        {
            application,
        };
        foreach (var option in options.All.Concat(own.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(result => new StartServer(options, own, result).Run(result.GetValue(application)!));
        return command;
    }
}

/// <summary>Options of <c>start-server</c> alone.</summary>
internal sealed class StartOptions
{
    public Option<bool> DevCertificate { get; } = NewOption.Flag("--dev-certificate",
        "Make a certificate for localhost, which browsers warn of.");

    public Option<string?> StateDirectory { get; } = NewOption.Value("--state-directory", "FOLDER",
        "Where the application keeps Data Protection keys and what else must outlive a run; default: nowhere.",
        Values.Folder);

    public Option<bool> SetupOnly { get; } = NewOption.Flag("--setup-only",
        "Write and check the configuration, print where it is, and start nothing.");

    public IReadOnlyList<Option> All => [DevCertificate, StateDirectory, SetupOnly];
}
