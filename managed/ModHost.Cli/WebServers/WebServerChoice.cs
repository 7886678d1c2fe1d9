namespace ModHost.Cli.WebServers;

/// <summary>Which web server a command means.</summary>
internal static class WebServerChoice
{
    public const string Nginx = "nginx";
    public const string Apache = "apache";

    /// <param name="wanted">nginx, apache, or null: the first that can be used, nginx before Apache.</param>
    public static WebServer Make(string? wanted, Installation installation)
    {
        var server = Installed(wanted, installation);
        return File.Exists(server.Module) ? server : throw new CommandException(
            $"ModHost's module for {server.Name} is not at {server.Module}; install the whole tree, or set MODHOST_ROOT");
    }

    /// <summary>The same, whether ModHost's module for it is there or not.</summary>
    public static WebServer Installed(string? wanted, Installation installation)
    {
        if (wanted is not null)
        {
            return Find(wanted, installation) ?? throw new CommandException(wanted == Nginx
                ? "nginx is not installed; type: sudo apt-get install nginx"
                : "Apache is not installed; type: sudo apt-get install apache2");
        }

        var found = new[] { Nginx, Apache }.Select(name => Find(name, installation)).OfType<WebServer>().ToArray();
        return found.FirstOrDefault(server => File.Exists(server.Module)) ?? found.FirstOrDefault()
            ?? throw new CommandException("there is no web server; type: sudo apt-get install nginx");
    }

    private static WebServer? Find(string name, Installation installation) => name == Nginx
        ? NginxServer.Find(installation) : ApacheServer.Find(installation);
}
