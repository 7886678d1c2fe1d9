using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>What an administrator may tell a web server.</summary>
internal enum Order
{
    /// <summary>New configuration, requests in flight end.</summary>
    Reload,

    /// <summary>Log files that were moved are made anew.</summary>
    Reopen,

    /// <summary>The end, when requests in flight have ended.</summary>
    Quit,

    /// <summary>The end, now.</summary>
    Stop,
}

/// <summary>What is different between the web servers that are tested.</summary>
internal abstract class WebServer
{
    /// <summary>The one that this run tests.</summary>
    public static WebServer Tested { get; } = Settings.Server == ServerKind.Nginx ? new Nginx() : new Apache(Settings.Server);

    public abstract string Name { get; }

    public abstract string Program { get; }

    /// <summary>A part of its own error pages, by which they are known.</summary>
    public abstract string ErrorPage { get; }

    /// <summary>Lines of the error log that no healthy run has.</summary>
    public abstract Regex Alarming { get; }

    /// <summary>Whether processes that serve stay the same while nothing fails.</summary>
    public virtual bool KeepsWorkers => true;

    /// <summary>Whether a worker is connected to every process of a group before it has requests for it.</summary>
    public virtual bool ConnectsAtOnce => false;

    /// <summary>The configuration file.</summary>
    public abstract string Write(ServerSetup setup, ServerPlaces places);

    /// <summary>Arguments that start it in the foreground, or as a daemon.</summary>
    public abstract string[] Start(ServerPlaces places, bool detached);

    /// <summary>Arguments that check the configuration.</summary>
    public abstract string[] Check(ServerPlaces places);

    /// <summary>The signal that the master takes for this order.</summary>
    public abstract int SignalFor(Order order);

    /// <summary>Gives the order as an administrator would; what the command printed, and whether it succeeded.</summary>
    public abstract Task<(int Code, string Output)> Tell(Order order, int master, ServerPlaces places);

    /// <summary>Whether a child of the master serves requests. One that is leaving does not, where its title tells.</summary>
    public abstract bool Serves(ProcessState process);

    /// <summary>Whether all workers leave at this order, and titles do not tell.</summary>
    public virtual bool Replaces(Order order) => false;

    /// <summary>The beginning of a line in the error log that ModHost writes at this level, as a pattern.</summary>
    public abstract string AtLevel(string level);

    /// <summary>A line of the error log about a worker process that a signal ended.</summary>
    public abstract string Killed(int worker);

    /// <summary>How a check of the configuration tells this reason (a pattern).</summary>
    public abstract string Refusal(string reason);

    /// <summary>A place in the configuration file as messages have it, its line in the first group.</summary>
    public abstract string Line { get; }

    /// <summary>Connections of a worker process that clients have opened, or that it keeps.</summary>
    public abstract int Connections(int worker);
}
