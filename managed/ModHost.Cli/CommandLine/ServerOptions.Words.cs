namespace ModHost.Cli.CommandLine;

/// <content>What the same option says where another command makes something else of it.</content>
internal sealed partial class ServerOptions
{
    /// <summary>For <c>setup-server</c>, whose defaults are a site's.</summary>
    public static ServerOptions OfSite()
    {
        var options = new ServerOptions();
        options.Host.Description = "Where to listen: an address, localhost, or * for all (the default). May be repeated.";
        options.Port.Description = "For HTTP; default: 80.";
        options.User.Description = "With --mode daemon: who runs the application; default: the web server's user.";
        options.AccessLog.Description =
            "Where requests are logged; default: NAME.access.log in the web server's folder, /var/log/nginx or /var/log/apache2.";
        options.LogLevel.Description = "Least level of what is logged; default: info.";
        options.LogFormat.Description = "Of the access log; FORMAT is the web server's own. Default: combined.";
        options.ReloadOnChanges.Description =
            "With --mode daemon: take up a new version when files in the application's folder change.";
        return options;
    }

    /// <summary>For <c>dev</c>, where somebody waits for each end and each start.</summary>
    public static ServerOptions OfDevelopment()
    {
        var options = new ServerOptions();
        options.StartupTimeout.Description =
            "How long the application may take to start; default: 60s, and with --debug 0, no limit.";
        options.GracefulTimeout.Description =
            "How long requests in flight may go on where a process is replaced or ends; default: 5s.";
        return options;
    }
}
