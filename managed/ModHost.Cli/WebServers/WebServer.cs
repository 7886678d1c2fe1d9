using ModHost.Cli.Configuration;

namespace ModHost.Cli.WebServers;

/// <summary>A web server of this machine, and how it is told what to do.</summary>
internal abstract class WebServer(string program, Version version, string module)
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int UserOne = 10;
    public const int Terminate = 15;
    public const int WindowChange = 28;

    /// <summary>As it is typed.</summary>
    public abstract string Name { get; }

    public string Program { get; } = program;

    public Version Version { get; } = version;

    /// <summary>ModHost's module for it.</summary>
    public string Module { get; } = module;

    public abstract IConfigurationWriter Writer { get; }

    /// <summary>Where its own modules are; empty: they are built in.</summary>
    public virtual string ServerModules => "";

    /// <summary>Ends when requests in flight have.</summary>
    public abstract int DrainSignal { get; }

    /// <summary>Takes the configuration anew.</summary>
    public abstract int ReloadSignal { get; }

    /// <summary>Whether it can send what lies compressed beside a file.</summary>
    public virtual bool Precompressed => false;

    /// <summary>Whether it can ask somebody else before it passes a request on.</summary>
    public virtual bool Asks => false;

    /// <summary>Whether its workers may be root's.</summary>
    public virtual bool ServesAsRoot => true;

    /// <summary>Where a server of one run tells of its state; "": at a socket of its own.</summary>
    public virtual string StatusPath() => "";

    /// <summary>argv of a server in the foreground.</summary>
    public abstract IReadOnlyList<string> Arguments(string folder, string configuration);

    /// <summary>argv of a check of the configuration.</summary>
    public abstract IReadOnlyList<string> CheckArguments(string folder, string configuration);

    /// <summary>The least configuration that loads ModHost's module.</summary>
    /// <param name="folder">Where the server may write.</param>
    public abstract string ModuleTrial(string folder);

    /// <summary>The sentence in what a check printed, without the server's own trimmings.</summary>
    public abstract string Reason(string output, string configuration);

    /// <summary>What it was built without, as the end of a sentence: "HTTPS needs"; null: nothing that is wanted.</summary>
    public virtual string? Missing(ServerPlan plan) => null;
}
