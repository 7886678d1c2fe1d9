namespace ModHost.Cli.Configuration;

/// <summary>Where a web server has its own things.</summary>
/// <param name="Module">ModHost's module.</param>
/// <param name="Run">For sockets of daemon mode; null: the module's own default.</param>
/// <param name="State">For what applications keep; null: the module's own default.</param>
internal sealed record ServerPlaces(string Module, string? Run, string? State)
{
    /// <summary>Folder of a server that runs from the command line; empty: the distribution's server.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Where ModHost's managed part is; null: where it was installed.</summary>
    public string? Managed { get; init; }

    /// <summary>Open files that a worker may have.</summary>
    public int OpenFiles { get; init; } = 2048;

    /// <summary>Of the web server, which writes some things differently from version to version.</summary>
    public Version ServerVersion { get; init; } = new(0, 0);

    /// <summary>Where Apache has its own modules.</summary>
    public string ServerModules { get; init; } = "";

    public string PidFile => Path.Combine(Folder, "server.pid");

    public string StatusSocket => Path.Combine(Folder, "status.sock");
}
