using System.ComponentModel;
using ModHost.Cli.Applications;
using ModHost.Posix;

namespace ModHost.Cli.Development;

/// <summary>From a change to a build, one after the other. The loop's thread; builds run beside it.</summary>
/// <param name="Watch">Null: changes are left alone.</param>
/// <param name="Gate">Where requests wait for the end of it.</param>
/// <param name="Folder">Of the first build.</param>
internal sealed record Cycle(Project Project, ProjectBuild Build, ProjectWatch? Watch, Gate Gate, string Folder)
{
    private Task<BuildResult>? _build;
    private Task? _told;
    private string _linked = "";

    /// <summary>The link that the web server follows when it reads its configuration.</summary>
    public string Current { get; set; } = "";

    /// <summary>Nothing has changed that was not built.</summary>
    public bool IsIdle => _build is null && Watch?.HasChange != true;

    /// <summary>Begins a build where something has changed and none runs: the name of a file that has.</summary>
    /// <param name="ended">Called when it has ended, on any thread.</param>
    public string? StartBuild(Action ended)
    {
        if (_build is not null || Build.IsStopped || Watch?.TakeChange() is not { } change)
        {
            return null;
        }

        _build = Task.Run(() => Run(change.OfProject));
        _told = _build.ContinueWith(_ => ended(), TaskScheduler.Default);
        return change.Name;
    }

    // What goes wrong around a build (a full disk, an SDK that is being replaced) is a failed build, and no end of the server.
    private BuildResult Run(bool projectChanged)
    {
        try
        {
            return Build.Run(projectChanged);
        }
        catch (Exception exception) when (exception is CommandException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            return new BuildResult(null, [exception.Message], TimeSpan.Zero);
        }
    }

    /// <summary>What a build has come to, once; null: none has ended.</summary>
    public BuildResult? TakeResult()
    {
        if (_build is not { IsCompleted: true } done || Build.IsStopped)
        {
            return null;
        }

        _build = null;
        return done.GetAwaiter().GetResult();
    }

    /// <summary>Ends a build that runs, and waits until nothing of it is left to write anywhere.</summary>
    public void End()
    {
        Build.Stop();
        if (_told is not null)
        {
            Task.WaitAny(_told);
        }
    }

    /// <summary>Lets the link lead to a build, from one moment to the next.</summary>
    public void Link(string folder)
    {
        SymbolicLink.Replace(Current, folder);
        _linked = folder;
    }

    /// <summary>What the link leads to serves: older builds may go.</summary>
    public void Serves() => Build.Serves(_linked);
}
