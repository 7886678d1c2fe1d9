namespace ModHost.Cli.Configuration;

/// <summary>Spells a plan for one web server.</summary>
internal interface IConfigurationWriter
{
    /// <summary>Name of a whole configuration's file.</summary>
    string FileName { get; }

    /// <summary>All of a web server that runs in the foreground.</summary>
    string Whole(ServerPlan plan);

    /// <summary>One site, for a distribution's configuration to include.</summary>
    string Site(ServerPlan plan);

    /// <summary>What has to stand in a configuration for the module to be there.</summary>
    string ModuleLines(ServerPlaces places);
}
