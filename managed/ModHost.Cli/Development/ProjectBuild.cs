using System.Text.RegularExpressions;
using ModHost.Cli.Applications;
using ModHost.Cli.Running;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Development;

/// <summary>What a build has come to.</summary>
/// <param name="Folder">Where it is; null: there are errors.</param>
/// <param name="Errors">Each once, with file and line.</param>
internal sealed record BuildResult(string? Folder, IReadOnlyList<string> Errors, TimeSpan Took);

/// <summary>Builds a project again and again, each time into a folder of its own: workers have the last one open.</summary>
/// <param name="watch">Knows of changes while a build runs; null: they are left alone.</param>
internal sealed partial class ProjectBuild(Project project, string folder, Guard guard, ProjectWatch? watch)
{
    // What the SDK says where packages have not been restored: assets that are missing, or another project's.
    private const string NotRestored = "NETSDK10";

    private readonly BuildFolders _folders = new(folder);
    private readonly BuildProcess _process = new(guard);
    private bool _restores = true;
    private bool _overtaken;

    /// <inheritdoc cref="BuildProcess.IsStopped"/>
    public bool IsStopped => _process.IsStopped;

    /// <inheritdoc cref="BuildProcess.Stop"/>
    public void Stop() => _process.Stop();

    /// <summary>Packages are restored first where that may be needed; it takes a second each time.</summary>
    /// <param name="projectChanged">Files that say which packages there are have changed since the last build.</param>
    public BuildResult Run(bool projectChanged)
    {
        var began = DateTime.UtcNow;
        var output = _folders.Next();
        _restores |= projectChanged;
        var (code, text) = Build(output);
        if (code != 0 && !_restores && !IsStopped && text.Contains(NotRestored, StringComparison.Ordinal))
        {
            _restores = true;
            (code, text) = Build(output);
        }

        // What was saved after the compiler had read it is older than what the compiler has written: it would count as compiled.
        _overtaken = watch?.HasChange == true;
        var took = DateTime.UtcNow - began;
        if (code == 0)
        {
            _restores = false;
            return new BuildResult(output, [], took);
        }

        BuildFolders.Discard(output);
        var errors = text.Split('\n').Select(line => line.Trim()).Where(line => Error().IsMatch(line))
            .Select(line => OfProject().Replace(line, "")).Distinct().ToArray();
        return new BuildResult(null, errors.Length > 0 ? errors : [text.Trim()], took);
    }

    /// <summary>A build has become what serves.</summary>
    public void Serves(string build) => _folders.Serves(build);

    private (int Code, string Text) Build(string output)
    {
        var program = Programs.Find("MODHOST_DOTNET", "dotnet") ?? throw new CommandException(
            "a project needs the .NET SDK, and there is no dotnet on the PATH; see https://learn.microsoft.com/dotnet/core/install/linux");
        string[] restore = _restores ? [] : ["--no-restore"];
        // The SDK's own word for "compile, whatever the times of files say": an output that there is never.
        string[] anew = _overtaken ? ["-p:NonExistentFile=__never__/__there__"] : [];
        return _process.Run(program,
            ["build", project.File, .. restore, .. anew, "-c", "Debug", "-o", output, "--nologo", "-v", "quiet", "-p:UseAppHost=false"]);
    }

    [GeneratedRegex(@"\berror\b.*:")]
    private static partial Regex Error();

    [GeneratedRegex(@" \[[^\]]+proj(::TargetFramework=[^\]]+)?\]$")]
    private static partial Regex OfProject();
}
